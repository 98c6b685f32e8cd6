/**
 * Builds the client that the package exports, if it is missing or older than its sources, and always with `--force`: one file, with its type
 * declarations and those that it refers to. `npm pack` and `npm install` from a repository run it as `prepare`.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { isFresh, ROOT, writeStamp } from "./build-stamp.ts";
import { putInPlace } from "./put-in-place.ts";

const CLIENT = join(ROOT, "build/client");
/** The build folder: its content is replaced only after a successful build. */
const OUT = `${CLIENT}.${process.pid}`;
/** These change the output without a change of the sources. */
const TOOLS = ["scripts/build-client.ts", "package-lock.json"];
/** A relative path to a source, in an import. */
const SOURCE_PATH = /(["'])(\.{1,2}\/[^"'\n]+)\.ts\1/g;
/** Options of `tsc` in addition to the configuration of the sources, which only checks them. */
const DECLARATIONS = [
  ...["--ignoreConfig", "--declaration", "--emitDeclarationOnly", "--skipLibCheck", "--strict", "--allowImportingTsExtensions"],
  ...["--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess", "--verbatimModuleSyntax", "--types", "node"],
  ...["--module", "nodenext", "--target", "es2024", "--lib", "es2024,esnext.disposable,dom"],
];

if (process.argv.includes("--force") || !isFresh(CLIENT)) await make();

async function make(): Promise<void> {
  const begun = new Date();
  try {
    const bundled = await bundle();
    const declared = declare();
    // One without declarations is made again once there is a TypeScript.
    if (declared) writeStamp(OUT, begun, [...new Set([...bundled, ...declared]), ...TOOLS]);
    putInPlace(OUT, CLIENT);
  } finally {
    rmSync(OUT, { recursive: true, force: true });
  }
}

/** Returns the sources that were read. */
async function bundle(): Promise<string[]> {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: ["src/client/index.ts"],
    outfile: join(OUT, "index.js"),
    bundle: true,
    format: "esm",
    // Browsers import it too.
    platform: "neutral",
    target: "es2022",
    metafile: true,
    logLevel: "silent",
  });
  return Object.keys(metafile.inputs);
}

/**
 * Declarations of the client and of the types that it refers to. Returns the sources that were read; null for an installation without
 * TypeScript, which has none.
 */
function declare(): string[] | null {
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  if (!existsSync(tsc)) return null;
  const args = [tsc, "src/client/index.ts", ...DECLARATIONS, "--rootDir", ".", "--outDir", join(OUT, "types")];
  const { status, stdout } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: "utf8" });
  if (status !== 0) throw new Error(`the declarations could not be made:\n${stdout}`);
  const made = readdirSync(join(OUT, "types"), { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".d.ts"));
  for (const path of made) {
    const file = join(OUT, "types", path);
    writeFileSync(file, readFileSync(file, "utf8").replaceAll(SOURCE_PATH, "$1$2.js$1"));
  }
  return made.map((path) => path.replace(/\.d\.ts$/, ".ts"));
}
