/**
 * Builds the client that the package exports: one file, with its type declarations and those that it refers to. `npm pack` and `npm
 * install` from a repository run it as `prepare`.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { putInPlace } from "./put-in-place.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const CLIENT = join(ROOT, "build/client");
/** The build folder: its content is replaced only after a successful build. */
const OUT = `${CLIENT}.${process.pid}`;
/** A relative path to a source, in an import. */
const SOURCE_PATH = /(["'])(\.{1,2}\/[^"'\n]+)\.ts\1/g;
/** Options of `tsc` in addition to the configuration of the sources, which only checks them. */
const DECLARATIONS = [
  ...["--ignoreConfig", "--declaration", "--emitDeclarationOnly", "--skipLibCheck", "--strict", "--allowImportingTsExtensions"],
  ...["--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess", "--verbatimModuleSyntax", "--types", "node"],
  ...["--module", "nodenext", "--target", "es2024", "--lib", "es2024,esnext.disposable,dom"],
];

try {
  await bundle();
  declare();
  putInPlace(OUT, CLIENT);
} finally {
  rmSync(OUT, { recursive: true, force: true });
}

async function bundle(): Promise<void> {
  await build({
    absWorkingDir: ROOT,
    entryPoints: ["src/client/index.ts"],
    outfile: join(OUT, "index.js"),
    bundle: true,
    format: "esm",
    // Browsers import it too.
    platform: "neutral",
    target: "es2022",
    logLevel: "silent",
  });
}

/** Declarations of the client and of the types that it refers to. An installation without TypeScript has none. */
function declare(): void {
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  if (!existsSync(tsc)) return;
  const args = [tsc, "src/client/index.ts", ...DECLARATIONS, "--rootDir", ".", "--outDir", join(OUT, "types")];
  const { status, stdout } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: "utf8" });
  if (status !== 0) throw new Error(`the declarations could not be made:\n${stdout}`);
  for (const path of readdirSync(join(OUT, "types"), { recursive: true, encoding: "utf8" })) {
    if (!path.endsWith(".d.ts")) continue;
    const file = join(OUT, "types", path);
    writeFileSync(file, readFileSync(file, "utf8").replaceAll(SOURCE_PATH, "$1$2.js$1"));
  }
}
