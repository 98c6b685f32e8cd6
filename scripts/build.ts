/**
 * Builds the server and the page if they are missing or older than their sources: at `npm ci`, before `npm start` and other commands that
 * start a server, and always with `npm run build`. bundle-server.ts and bundle-dashboard.ts make them from the sources.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { putInPlace } from "./put-in-place.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** A file beside the build: its inputs, and, as its modification time, when they were read. bin/trainyard.js reads it too. */
const STAMP = "sources.json";

interface Stamp {
  /** SHA-256 over the paths and bytes of `inputs`; empty if one was changed during the build. */
  readonly hash: string;
  /** Paths from the root: the files that the bundler read, and the tools. */
  readonly inputs: readonly string[];
}

interface Target {
  readonly name: string;
  /** From the root. */
  readonly folder: string;
  /** These change the output without a change of the sources. */
  readonly tools: readonly string[];
  /** Whether nothing starts without it. The API works without the page. */
  readonly isNeeded: boolean;
  /** Builds into a folder that does not exist yet. Throws if building fails. */
  build(out: string): Promise<Built>;
}

interface Built {
  readonly inputs: readonly string[];
  /** A line for the terminal. */
  readonly says: string;
}

/** Bundlers are imported only if something has to be built. */
const TARGETS: readonly Target[] = [
  {
    name: "server",
    folder: "build/server",
    tools: ["scripts/bundle-server.ts", "package-lock.json"],
    isNeeded: true,
    async build(out) {
      const { bundleServer } = await import("./bundle-server.ts");
      const inputs = await bundleServer(out);
      return { inputs, says: `the server: ${inputs.length} sources` };
    },
  },
  {
    name: "page",
    folder: "build/dashboard",
    tools: ["scripts/bundle-dashboard.ts", "package-lock.json"],
    isNeeded: false,
    async build(out) {
      const { bundleDashboard } = await import("./bundle-dashboard.ts");
      const { inputs, firstLoadBytes, totalBytes, files } = await bundleDashboard(out);
      const says = `the page: ${kB(firstLoadBytes)} gzipped on the first visit, ${kB(totalBytes)} in all (${files} files)`;
      return { inputs, says };
    },
  },
];

/** Builds everything that is not up to date, and reports it on the terminal. Returns what could not be built. */
export async function ensureBuilt({ force = false } = {}): Promise<readonly Target[]> {
  const failed: Target[] = [];
  for (const target of TARGETS) {
    if (!force && isFresh(join(ROOT, target.folder))) continue;
    try {
      process.stdout.write(`${await build(target)}\n`);
    } catch (error) {
      process.stderr.write(`The ${target.name} could not be built: ${(error as Error).message}\n`);
      failed.push(target);
    }
  }
  return failed;
}

async function build({ folder, tools, build: make }: Target): Promise<string> {
  const place = join(ROOT, folder);
  // Running servers read the old build, and another process may build at the same time.
  const out = `${place}.${process.pid}`;
  const begun = new Date();
  try {
    const { inputs: read, says } = await make(out);
    const inputs = [...read, ...tools].filter((path) => existsSync(join(ROOT, path)));
    // If a source was changed meanwhile, nobody knows which version the bundler has read.
    const isTorn = inputs.some((path) => statSync(join(ROOT, path)).ctime >= begun);
    writeFileSync(join(out, STAMP), JSON.stringify({ hash: isTorn ? "" : hashOf(inputs), inputs } satisfies Stamp));
    utimesSync(join(out, STAMP), begun, begun);
    putInPlace(out, place);
    return says;
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

function isFresh(place: string): boolean {
  try {
    const { hash, inputs } = JSON.parse(readFileSync(join(place, STAMP), "utf8")) as Stamp;
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

const kB = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const force = process.argv.includes("--force");
  const failed = await ensureBuilt({ force });
  // An installation continues: starting a server reports it again.
  const isGrave = !process.argv.includes("--at-install") && failed.some(({ isNeeded }) => force || isNeeded);
  process.exitCode = isGrave ? 1 : 0;
}
