/** Which of the two a clone runs: what was built, or its sources. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeEach, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SOURCE = "src/cli/main.ts";
const PROGRAM = "build/server/cli.js";
const STAMP = "build/server/sources.json";
const clone = mkdtempSync(join(tmpdir(), "trainyard-clone-"));
const pathOf = (path: string) => join(clone, path);

beforeEach(() => {
  rmSync(clone, { recursive: true, force: true });
  for (const folder of ["src/cli", "build/server"]) mkdirSync(pathOf(folder), { recursive: true });
  for (const path of ["bin", "package.json"]) cpSync(join(ROOT, path), pathOf(path), { recursive: true });
  writeFileSync(pathOf(SOURCE), 'console.log("sources");');
  writeFileSync(pathOf(PROGRAM), 'console.log("built");');
  writeFileSync(pathOf(STAMP), JSON.stringify({ hash: "", inputs: [SOURCE] }));
  const later = new Date(statSync(pathOf(SOURCE)).ctimeMs + 1);
  utimesSync(pathOf(STAMP), later, later);
});

afterAll(() => rmSync(clone, { recursive: true, force: true }));

/** What a clone runs after `change`. */
function runs(change: () => void): string {
  change();
  return spawnSync(process.execPath, [pathOf("bin/trainyard.js")], { encoding: "utf8" }).stdout.trim();
}

/** Puts another source in the place of the one that is there, a minute younger or older than the build. */
function replace(minutes: number): void {
  const time = new Date(statSync(pathOf(STAMP)).mtimeMs + minutes * 60_000);
  const other = pathOf("src/cli/other.ts");
  // The clock of a file system may tick every few milliseconds.
  while (Date.now() < statSync(pathOf(STAMP)).mtimeMs + 20);
  writeFileSync(other, 'console.log("sources");');
  utimesSync(other, time, time);
  renameSync(other, pathOf(SOURCE));
}

it.each([
  ["built", "nothing has changed", () => undefined],
  ["sources", "a source is newer", () => replace(1)],
  ["sources", "a source was replaced by one that is older", () => replace(-1)],
  ["sources", "nothing is built", () => rmSync(pathOf("build"), { recursive: true })],
  ["sources", "the program is missing", () => rmSync(pathOf(PROGRAM))],
  ["sources", "the stamp is cut off", () => writeFileSync(pathOf(STAMP), '{"hash": "", "inp')],
  ["built", "there are no sources, as in a package", () => rmSync(pathOf("src"), { recursive: true })],
])("runs the %s where %s", (expected, _, change) => {
  expect(runs(change)).toBe(expected);
});
