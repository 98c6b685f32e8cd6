/**
 * Builds the server and the page if they are missing or older than their sources: at `npm ci`, before `npm start` and other commands that
 * start a server, and always with `npm run build`. bundle-server.ts and bundle-dashboard.ts make them from the sources.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isFresh, ROOT, writeStamp } from "./build-stamp.ts";
import { putInPlace } from "./put-in-place.ts";

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
    const { inputs, says } = await make(out);
    writeStamp(out, begun, [...inputs, ...tools]);
    putInPlace(out, place);
    return says;
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

const kB = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const force = process.argv.includes("--force");
  const failed = await ensureBuilt({ force });
  // An installation continues: starting a server reports it again.
  const isGrave = !process.argv.includes("--at-install") && failed.some(({ isNeeded }) => force || isNeeded);
  process.exitCode = isGrave ? 1 : 0;
}
