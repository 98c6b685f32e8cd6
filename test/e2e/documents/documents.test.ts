/**
 * README.md and docs/*.md as a stranger follows them: every command in order, in a folder that looks like the clone, against one
 * real server. Each document has a shell of its own, so that it needs nothing of another but the server.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { LESSONS } from "../../../examples/tutorial.ts";
import { freePort } from "../../../src/cli/server-process.ts";
import { ApiError, createClient } from "../../../src/client/index.ts";
import { cleanEnvironment } from "../../cli/binary.ts";
import { mustExit } from "../../leftovers.ts";
import { type Block, openShell, ROOT, readDocuments } from "./documents.ts";

const documents = readDocuments();
const blocks = documents.flatMap(({ blocks: ofDocument }) => ofDocument);
const everything = documents.map(({ text }) => text).join("\n");
const isServer = ({ text }: Block) => /^npx trainyard serve\n$/.test(text);
const isInstallation = ({ text }: Block) => text.startsWith("npm ci");
/** The package needs 3.9. */
const hasPython = spawnSync("python3", ["-c", "import sys; sys.exit(sys.version_info < (3, 9))"]).status === 0;

// What `npm ci` does, of the sources as they are.
const built = spawnSync("npm", ["run", "prepare"], { cwd: ROOT, encoding: "utf8" });
if (built.status !== 0) throw new Error(built.stderr);

/** A folder that is the clone in all but its data and what commands leave behind. */
const clone = mkdtempSync(join(tmpdir(), "trainyard-documents-"));
for (const name of readdirSync(ROOT)) if (!["data", ".git"].includes(name)) symlinkSync(join(ROOT, name), join(clone, name));
const port = String(await freePort("127.0.0.1", 26_000));
const environment = cleanEnvironment({ TRAINYARD_PORT: port });
// What the README shows is done as it stands there.
const shells = new Map(documents.map(({ path }) => [path, openShell(clone, environment, path !== "README.md")]));
const shellOf = (path: string) => shells.get(path)!;
let server: ChildProcess | null = null;

afterAll(async () => {
  for (const shell of shells.values()) await shell.close();
  if (server?.pid) process.kill(-server.pid, "SIGTERM");
  if (server) await once(server, "exit");
  rmSync(clone, { recursive: true });
});

/** Text as it would be if the server had its usual port. */
const here = (text: string) => text.replaceAll("localhost:8080", `localhost:${port}`);

/** Files that a document has its reader save, by the comment on their first line. */
function save({ text }: Block): void {
  const [, name] = /^(?:\/\/|#) (\S+)\n/.exec(text) ?? [];
  if (name) writeFileSync(join(clone, name), here(text));
}

async function serve(): Promise<void> {
  const options = { cwd: clone, env: environment, detached: true };
  server = mustExit(spawn("npx", ["trainyard", "serve"], { ...options, stdio: ["ignore", "pipe", "inherit"] }));
  for await (const chunk of server.stdout ?? []) if (String(chunk).includes('"msg":"ready"')) break;
  server.stdout?.resume();
}

describe("the commands of README and docs", () => {
  it("install, start and test by scripts that are there", () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: Record<string, string> };
    const used = [...everything.matchAll(/npm run ([\w:-]+)|npm (start|test)\b/g)].map(([, script, word]) => script ?? word);
    expect(used.length).toBeGreaterThan(3);
    for (const script of used) expect(scripts).toHaveProperty([script as string]);
    expect(blocks.filter(isInstallation)).toHaveLength(1);
  });

  // Everything between is what the reader types, in the order in which it stands there.
  it.each(blocks.filter((block) => ["sh", "ts", "python"].includes(block.language) && !isInstallation(block)))(
    "run: $language in $path at line $line",
    async (block) => {
      if (block.language !== "sh") return save(block);
      if (isServer(block)) return serve();
      if (block.text.startsWith("python3") && !hasPython) return;
      await shellOf(block.path).run(here(block.text));
    },
    300_000,
  );

  it("have left what they say they leave", () => {
    for (const name of ["data", "penguins-1.onnx", "penguins.safetensors"]) {
      expect(
        readdirSync(clone).some((file) => file === name || file.startsWith(name.replace(/-1\.onnx$/, "-"))),
        name,
      ).toBe(true);
    }
  });
});

describe("what README and docs say", () => {
  it("of mistakes is what the server answers", async () => {
    const [shown] = blocks.filter(({ language }) => language === "json").map(({ text }) => JSON.parse(text) as Problem);
    const key = (await shellOf("docs/operations.md").run("echo $TRAINYARD_KEY")).trim();
    const spec = {
      data: { generator: { type: "moons" } },
      model: { layers: [{ type: "linear", unit: 4 }] },
      optimizer: { type: "adam", lr: -1 },
    };
    const client = createClient(`http://127.0.0.1:${port}`, { key });
    const error = await client.submit(spec as never).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ApiError);
    const { instance: _, ...problem } = (error as ApiError).problem;
    expect(shown).toMatchObject(problem);
  });

  it("of the tutorial is what the quickstart trains", () => {
    const { text = "" } = documents.find(({ path }) => path === "docs/tutorial.md") ?? {};
    const specs = [...text.matchAll(/<<'EOS'\n(\{\n[\s\S]*?\})\nEOS/g)].map(([, json]) => JSON.parse(json as string));
    expect(specs).toMatchObject(LESSONS.map(({ spec }) => spec));
  });
});

interface Problem {
  status: number;
}
