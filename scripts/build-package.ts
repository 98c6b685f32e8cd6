/**
 * Builds what an installed package runs: `npm pack` and `npm install` from a repository call it as `prepare`. Node strips types
 * everywhere but in node_modules, so the sources go into build/package without their types, line by line as they are, with
 * declarations of the client beside them, and the page where it is built.
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const PACKAGE = join(ROOT, "build/package");
/** Where it is built: what is there is replaced when all is well. */
const OUT = `${PACKAGE}.${process.pid}`;
const MAX_TRIES = 10;
const DASHBOARD = "build/dashboard";
/** A relative path to a source, in an import or in the address of a thread. */
const SOURCE_PATH = /(["'])(\.{1,2}\/[^"'\n]+)\.ts\1/g;
/** What `tsc` is told besides the configuration of the sources, which is for checking them alone. */
const DECLARATIONS = [
  ...["--ignoreConfig", "--declaration", "--emitDeclarationOnly", "--skipLibCheck", "--strict", "--allowImportingTsExtensions"],
  ...["--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess", "--verbatimModuleSyntax", "--types", "node"],
  ...["--module", "nodenext", "--target", "es2024", "--lib", "es2024,esnext.disposable,dom"],
];

try {
  build();
  putInPlace();
} finally {
  rmSync(OUT, { recursive: true, force: true });
}

/** Somebody else may build at the same time: whoever is last has it. */
function putInPlace(): void {
  for (let tries = 0; ; tries++) {
    rmSync(PACKAGE, { recursive: true, force: true });
    try {
      renameSync(OUT, PACKAGE);
      return;
    } catch (error) {
      if (tries === MAX_TRIES) throw error;
    }
  }
}

function build(): void {
  for (const path of sources()) write(path.replace(/\.ts$/, ".js"), withPaths(strip(readFileSync(join(ROOT, path), "utf8"))));
  if (existsSync(join(ROOT, DASHBOARD, "index.html"))) cpSync(join(ROOT, DASHBOARD), join(OUT, DASHBOARD), { recursive: true });
  declare();
}

/** The sources but for the page, which is bundled, and the migrations. */
function sources(): string[] {
  const within = (folder: string) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .map((path) => `${folder}/${path.replaceAll("\\", "/")}`)
      .filter((path) => path.endsWith(".ts") && !path.startsWith("src/dashboard/"));
  return [...within("src"), ...within("migrations")];
}

function write(path: string, text: string): void {
  mkdirSync(dirname(join(OUT, path)), { recursive: true });
  writeFileSync(join(OUT, path), text);
}

/** Types become spaces, so that a line of an error's trace is the line of the source. */
function strip(source: string): string {
  return stripTypeScriptTypes(source, { mode: "strip" });
}

function withPaths(text: string): string {
  return text.replaceAll(SOURCE_PATH, "$1$2.js$1");
}

/** Declarations of the client and of what it refers to. An installation without TypeScript goes without. */
function declare(): void {
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  if (!existsSync(tsc)) return;
  const args = [tsc, "src/client/index.ts", ...DECLARATIONS, "--rootDir", ".", "--outDir", OUT];
  const { status, stdout } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: "utf8" });
  if (status !== 0) throw new Error(`the declarations could not be made:\n${stdout}`);
  for (const path of readdirSync(OUT, { recursive: true, encoding: "utf8" })) {
    if (path.endsWith(".d.ts")) write(path, withPaths(readFileSync(join(OUT, path), "utf8")));
  }
}
