/** The package as somebody installs it: packed, unpacked into node_modules, run and imported there. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isNewEnough, OLDEST_NODE } from "../../../bin/node-floor.js";
import { freePort } from "../../../src/cli/server-process.ts";
import { cleanEnvironment } from "../../cli/binary.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const IRIS = join(ROOT, "test/fixtures/datasets/iris.csv");
const TSC = join(ROOT, "node_modules/typescript/bin/tsc");
/** The package of the Node that npm brings here. */
const BUNDLED = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
const place = mkdtempSync(join(tmpdir(), "trainyard-package-"));
const installed = join(place, "node_modules/trainyard");
let files: string[] = [];

function ran(command: string, args: readonly string[], settings: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: place,
    env: cleanEnvironment(settings),
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

beforeAll(() => {
  const built = spawnSync(process.execPath, ["scripts/build-client.ts"], { cwd: ROOT, encoding: "utf8" });
  expect(built.status, built.stderr).toBe(0);
  const packed = ran("npm", ["pack", ROOT, "--ignore-scripts", "--json", "--pack-destination", place]);
  expect(packed.status, packed.stderr).toBe(0);
  const [{ filename }] = JSON.parse(packed.stdout) as [{ filename: string }];
  mkdirSync(installed, { recursive: true });
  expect(ran("tar", ["-xzf", filename, "-C", installed, "--strip-components=1"]).status).toBe(0);
  const manifest = JSON.parse(readFileSync(join(installed, "package.json"), "utf8")) as Record<string, object>;
  for (const name of Object.keys(manifest.dependencies ?? {})) {
    mkdirSync(dirname(join(place, "node_modules", name)), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", name), join(place, "node_modules", name));
  }
  files = readdirSync(installed, { recursive: true, encoding: "utf8" });
});
afterAll(() => rmSync(place, { recursive: true }));

/** A file for `--require` that has a Node believe that it is an older one. */
function pretend(version: string): string {
  const path = join(place, `node-${version}.cjs`);
  const versions = `{ ...process.versions, node: ${JSON.stringify(version)} }`;
  writeFileSync(path, `Object.defineProperty(process, "versions", { value: ${versions} });\n`);
  return path;
}

/** Parses the scripts that it is given, as modules, and runs none: prints those that it cannot parse. */
const PARSE = `
import { readFileSync } from "node:fs";
import { SourceTextModule } from "node:vm";
for (const path of process.argv.slice(1)) {
  try {
    new SourceTextModule(readFileSync(path, "utf8").replace(/^#!.*/, ""));
  } catch (error) {
    console.log(path, String(error));
  }
}`;

describe("the package", () => {
  it("has what a user needs, and neither sources nor tests", () => {
    expect(files).toEqual(expect.arrayContaining(["bin/trainyard.js", "README.md", "LICENSE", "openapi.yaml"]));
    expect(files).toContain("build/server/main.js");
    expect(files.filter((path) => /^(src|test|node_modules)\b|(?<!\.d)\.ts$/.test(path))).toEqual([]);
  });

  it("runs in node_modules: one command trains a model with a server of its own", async () => {
    const port = String(await freePort("127.0.0.1", 25_000));
    const args = [join(installed, "bin/trainyard.js"), "train", "--data", IRIS, "--target", "species", "--epochs", "20"];
    const { status, stdout, stderr } = ran(process.execPath, args, { TRAINYARD_PORT: port });
    expect([status, stderr]).toEqual([0, expect.stringContaining("starting one for this command")]);
    expect(stdout).toContain("iris@1");
  });

  it("has the page", () => {
    expect(files).toContain("build/dashboard/index.html");
  });

  it("exports the client, with types", () => {
    writeFileSync(
      join(place, "use.js"),
      'import { createClient } from "trainyard";\nconsole.log(typeof createClient("http://x").watch);\n',
    );
    writeFileSync(join(place, "package.json"), '{"type": "module"}');
    expect(ran(process.execPath, ["use.js"])).toEqual({ status: 0, stdout: "function\n", stderr: "" });
    const program = (layer: string) => `import { createClient, type Job } from "trainyard";
export const job: Promise<Job> = createClient("http://x").submit({
  data: { generator: { type: "moons" } }, model: { layers: [{ type: "${layer}" }] },
});\n`;
    writeFileSync(join(place, "right.ts"), program("linear"));
    writeFileSync(join(place, "wrong.ts"), program("lineal"));
    const check = (file: string) =>
      ran(process.execPath, [TSC, "--ignoreConfig", "--noEmit", "--strict", "--module", "nodenext", "--types", "", file]);
    expect(check("right.ts")).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(check("wrong.ts").stdout).toContain('"lineal"');
  });
});

describe("the oldest Node", () => {
  const trainyard = join(installed, "bin/trainyard.js");

  it("is the major version that npm brings and whose types the sources are checked with", () => {
    const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
      readonly optionalDependencies: Readonly<Record<string, string>>;
      readonly devDependencies: Readonly<Record<string, string>>;
    };
    const nodes = Object.entries(manifest.optionalDependencies).filter(([name]) => name.startsWith("node-"));
    expect(nodes).not.toEqual([]);
    const versions = [...nodes.map(([, version]) => version), manifest.devDependencies["@types/node"] as string];
    expect(versions.filter((version) => Number(version.split(".")[0]) !== OLDEST_NODE)).toEqual([]);
    expect([`${OLDEST_NODE}.0.0`, `${OLDEST_NODE - 1}.9.9`].map(isNewEnough)).toEqual([true, false]);
  });

  it("parses all that the package runs", () => {
    // Tests run on the Node that npm brings. Node keeps its V8 for a whole major version, so what 24.21 parses, 24.0 does.
    const scripts = files.filter((path) => /^(bin|build\/(client|server))\/.*\.js$/.test(path));
    expect(scripts.length).toBeGreaterThan(20);
    const paths = scripts.map((path) => join(installed, path));
    const args = ["--experimental-vm-modules", "--no-warnings", "--input-type=module", "--eval", PARSE, ...paths];
    expect(ran(process.execPath, args)).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  it("starts the package", () => {
    const { status, stdout } = ran(process.execPath, ["--require", pretend(`${OLDEST_NODE}.0.0`), trainyard, "--version"]);
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\n$/)]);
  });

  it("is said by an older one that has no other beside it", () => {
    const older = `${OLDEST_NODE - 2}.18.0`;
    const { status, stderr } = ran(process.execPath, ["--require", pretend(older), trainyard, "--version"]);
    expect([status, stderr]).toEqual([1, `trainyard: needs Node ${OLDEST_NODE} or newer, and this is ${older}\n`]);
    const main = ran(process.execPath, ["--require", pretend(older), join(installed, "build/server/main.js")]);
    expect([main.status, main.stderr]).toEqual([1, expect.stringContaining(`needs Node ${OLDEST_NODE} or newer`)]);
  });

  // There is none for macOS.
  it.runIf(existsSync(join(ROOT, "node_modules", BUNDLED)))("takes over from an older one where npm has brought it", () => {
    symlinkSync(join(ROOT, "node_modules", BUNDLED), join(place, "node_modules", BUNDLED));
    const args = ["--require", pretend(`${OLDEST_NODE - 2}.18.0`), trainyard, "doctor", "--json"];
    const { checks } = JSON.parse(ran(process.execPath, args).stdout) as { checks: { name: string; detail: string }[] };
    expect(checks.find((check) => check.name === "Node")?.detail).toContain(`${BUNDLED}${sep}bin${sep}node`);
  });
});
