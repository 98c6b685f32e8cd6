/**
 * Builds the server and the page where they are missing or older than their sources: at `npm ci`, before `npm start` and whatever
 * else starts a server, and as `npm run build`, which builds in any case. How they are made of the sources is in bundle-server.ts
 * and bundle-dashboard.ts.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { putInPlace } from "./put-in-place.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** Beside what was built: what it was built of, and as its time when that was. bin/trainyard.js reads it too. */
const STAMP = "sources.json";

interface Stamp {
  /** SHA-256 over the paths and bytes of `inputs`; empty where one was changed during the build. */
  readonly hash: string;
  /** Paths from the root: the files that the bundler read, and the tools. */
  readonly inputs: readonly string[];
}

interface Target {
  readonly name: string;
  /** From the root. */
  readonly folder: string;
  /** These make another of the same sources. */
  readonly tools: readonly string[];
  /** Whether nothing starts without it. The API works without its page. */
  readonly isNeeded: boolean;
  /** Builds into a folder that is not there yet. Throws when building fails. */
  build(out: string): Promise<Built>;
}

interface Built {
  readonly inputs: readonly string[];
  /** A line for the terminal. */
  readonly says: string;
}

/** Bundlers are imported where they are needed: what is fresh needs none. */
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

/** Builds what is not of the sources as they are, and says so on the terminal. Returns what could not be built. */
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
  // Servers that run read what is there, and somebody else may build at the same time.
  const out = `${place}.${process.pid}`;
  const begun = new Date();
  try {
    const { inputs: read, says } = await make(out);
    const inputs = [...read, ...tools].filter((path) => existsSync(join(ROOT, path)));
    // Of a source that was changed meanwhile, nobody knows which one the bundler has read.
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
    // There is none, or a source is gone.
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
  // An installation goes on: whoever starts a server is told again.
  const isGrave = !process.argv.includes("--at-install") && failed.some(({ isNeeded }) => force || isNeeded);
  process.exitCode = isGrave ? 1 : 0;
}
