/** The package as somebody installs it: packed, unpacked into node_modules, run and imported there. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../src/cli/server-process.ts";
import { cleanEnvironment } from "../cli/binary.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const IRIS = join(ROOT, "test/fixtures/datasets/iris.csv");
const TSC = join(ROOT, "node_modules/typescript/bin/tsc");
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
  const built = spawnSync(process.execPath, ["scripts/build-package.ts"], { cwd: ROOT, encoding: "utf8" });
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

describe("the package", () => {
  it("has what a user needs, and neither sources nor tests", () => {
    expect(files).toEqual(expect.arrayContaining(["bin/trainyard.js", "README.md", "LICENSE", "openapi.yaml"]));
    expect(files).toContain("build/package/src/main.js");
    expect(files.filter((path) => /^(src|test|node_modules)\b|(?<!\.d)\.ts$/.test(path))).toEqual([]);
  });

  it("runs in node_modules: one command trains a model with a server of its own", async () => {
    const port = String(await freePort("127.0.0.1", 25_000));
    const args = [join(installed, "bin/trainyard.js"), "train", "--data", IRIS, "--target", "species", "--epochs", "20"];
    const { status, stdout, stderr } = ran(process.execPath, args, { TRAINYARD_PORT: port });
    expect([status, stderr]).toEqual([0, expect.stringContaining("one runs for this command")]);
    expect(stdout).toContain("iris@1");
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
