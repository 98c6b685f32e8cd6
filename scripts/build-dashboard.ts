/**
 * Builds the page where it is missing or older than its sources: at `npm ci`, before `npm start` and `trainyard serve`, and as
 * `npm run build:dashboard`, which builds in any case. How a page is made of the sources is in bundle-dashboard.ts.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const OUT = join(ROOT, "build/dashboard");
/** What the page there was built of. */
const STAMP = join(OUT, "sources.json");
/** These make another page of the same sources. */
const TOOLS = ["scripts/bundle-dashboard.ts", "package-lock.json"];

interface Stamp {
  /** SHA-256 over the paths and bytes of `inputs`. */
  readonly hash: string;
  /** Paths from the root: the files that the bundler read, and the tools. */
  readonly inputs: readonly string[];
}

/** Builds the page unless the one there is of the sources as they are. Throws when building fails. */
export async function ensureDashboard({ force = false } = {}): Promise<"fresh" | "built"> {
  if (!force && isFresh()) return "fresh";
  // Here, so that a fresh page needs no bundler.
  const { bundleDashboard } = await import("./bundle-dashboard.ts");
  const { inputs: read, firstLoadBytes, totalBytes, files } = await bundleDashboard(OUT);
  const inputs = [...read, ...TOOLS].filter((path) => existsSync(join(ROOT, path)));
  writeFileSync(STAMP, JSON.stringify({ hash: hashOf(inputs), inputs } satisfies Stamp));
  process.stdout.write(
    `the page: ${kB(firstLoadBytes)} gzipped on the first visit, ${kB(totalBytes)} in all (${files} files)\n`,
  );
  return "built";
}

function isFresh(): boolean {
  if (!existsSync(STAMP)) return false;
  const { hash, inputs } = JSON.parse(readFileSync(STAMP, "utf8")) as Stamp;
  return inputs.every((path) => existsSync(join(ROOT, path))) && hashOf(inputs) === hash;
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
  try {
    await ensureDashboard({ force });
  } catch (error) {
    process.stderr.write(`The page could not be built: ${(error as Error).message}\n`);
    // The API works without its page, so an installation or a start goes on.
    process.exitCode = force ? 1 : 0;
  }
}
