/** What a build was made of, in a file beside it: whether it is up to date is known by reading its sources, without building it again. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** A file beside the build: its inputs, and, as its modification time, when they were read. bin/trainyard.js reads it too. */
const STAMP = "sources.json";

interface Stamp {
  /** SHA-256 over the paths and bytes of `inputs`; empty if one was changed during the build. */
  readonly hash: string;
  /** Paths from the root: the files that the bundler read, and the tools. */
  readonly inputs: readonly string[];
}

/** Writes the stamp of a build that began at a time, into its folder. Inputs that are not there are left out. */
export function writeStamp(folder: string, begun: Date, read: readonly string[]): void {
  const inputs = read.filter((path) => existsSync(join(ROOT, path)));
  // If a source was changed meanwhile, nobody knows which version the bundler has read.
  const isTorn = inputs.some((path) => statSync(join(ROOT, path)).ctime >= begun);
  writeFileSync(join(folder, STAMP), JSON.stringify({ hash: isTorn ? "" : hashOf(inputs), inputs } satisfies Stamp));
  utimesSync(join(folder, STAMP), begun, begun);
}

/** Whether a folder has a build of the sources as they are. */
export function isFresh(folder: string): boolean {
  try {
    const { hash, inputs } = JSON.parse(readFileSync(join(folder, STAMP), "utf8")) as Stamp;
    return hashOf(inputs) === hash;
  } catch {
    // There is no build, or a source is gone.
    return false;
  }
}

function hashOf(paths: readonly string[]): string {
  const hash = createHash("sha256");
  for (const path of paths) {
    const content = readFileSync(join(ROOT, path));
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex");
}
