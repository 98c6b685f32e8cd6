/**
 * Builds the page when it is missing or older than its sources: before `npm start`, and as `npm run build:dashboard`. Vite
 * comes with the development dependencies; without it what is there is served as it is.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const OUT = join(ROOT, "build/dashboard");
/** Says of which sources the build is. */
const STAMP = join(OUT, "sources.sha256");

/** What became of the page: `missing` where it is not there and cannot be built. */
export type DashboardState = "fresh" | "built" | "unchecked" | "missing";

/** Sees to it that the page is built, and of the sources as they are. Throws when building fails. */
export async function ensureDashboard({ force = false } = {}): Promise<DashboardState> {
  const built = existsSync(join(OUT, "index.html"));
  // An installed package has the page, and not what it is made of.
  if (!existsSync(join(ROOT, "src/dashboard"))) return built ? "unchecked" : "missing";
  const hash = hashOf([...filesOf("src/dashboard"), ...filesOf("datasets"), "vite.config.ts", "package-lock.json"]);
  if (!force && built && existsSync(STAMP) && readFileSync(STAMP, "utf8") === hash) return "fresh";
  const vite = await import("vite").catch(() => null);
  if (!vite) return built ? "unchecked" : "missing";
  await vite.build({ configFile: join(ROOT, "vite.config.ts") });
  writeFileSync(STAMP, hash);
  return "built";
}

function filesOf(directory: string): string[] {
  return readdirSync(join(ROOT, directory), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(ROOT, join(parentPath, name)))
    .sort();
}

function hashOf(paths: readonly string[]): string {
  const hash = createHash("sha256");
  for (const path of paths)
    hash
      .update(path)
      .update("\0")
      .update(readFileSync(join(ROOT, path)))
      .update("\0");
  return hash.digest("hex");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const state = await ensureDashboard({ force: process.argv.includes("--force") });
    if (state === "missing") process.stderr.write("The page is not built, and Vite is not installed: npm ci brings it.\n");
  } catch (error) {
    process.stderr.write(`The page could not be built: ${(error as Error).message}\n`);
    // The API works without its page: starting goes on.
    process.exitCode = process.argv.includes("--force") ? 1 : 0;
  }
}
