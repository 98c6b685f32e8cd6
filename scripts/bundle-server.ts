/**
 * Builds the server: each program and each thread of src through esbuild into one folder, with chunks for shared code and the packages that
 * are plain modules. A few large files load faster than the thousand small ones that they are made of, and Node need not strip their types,
 * which it never does in node_modules. Nothing is minified, so that stack traces can be read. build.ts decides when it is built.
 */
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** Names of programs, and their sources from the root. */
const PROGRAMS = {
  main: "src/main.ts",
  cli: "src/cli/main.ts",
  "make-key": "src/offline/make-key.ts",
  "copy-store": "src/offline/copy-store.ts",
  "stage-backup": "src/offline/stage-backup.ts",
} as const;
/** Entries of threads, which their pools find by address. */
const THREADS = [
  "src/storage/sqlite/sqlite-thread.ts",
  "src/worker/pool-thread.ts",
  "src/worker/compute/compute-thread.ts",
  "src/worker/ingest/ingest-thread.ts",
  "src/worker/training/assistant-thread.ts",
  "src/worker/training/team-thread.ts",
  "src/worker/training/train.ts",
] as const;
/** Packages of plain modules. The others have files, programs or threads of their own, and stay where npm put them. */
const BUNDLED: ReadonlySet<string> = new Set([
  ...["canonicalize", "commander", "fastify-type-provider-zod", "hucre", "hyparquet", "hyparquet-compressors", "ipaddr.js"],
  ...["kysely", "zod"],
]);
/** CommonJS packages within one of these may require modules of Node, which an ES module cannot without this. */
const REQUIRE = 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);';
/** The address of a thread beside the file that starts it. */
const THREAD_URL = /\bnew URL\("\.\/([a-z-]+)\.ts", import\.meta\.url\)/g;

/** Builds into the folder `out`. Returns the sources that were read, as paths from the root. Throws for errors in them. */
export async function bundleServer(out: string): Promise<readonly string[]> {
  const { dependencies, optionalDependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    readonly dependencies: Readonly<Record<string, string>>;
    readonly optionalDependencies: Readonly<Record<string, string>>;
  };
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: { ...PROGRAMS, ...Object.fromEntries(THREADS.map((path) => [nameOf(path), path])) },
    outdir: out,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node24",
    external: [
      "#node-floor",
      ...Object.keys({ ...dependencies, ...optionalDependencies }).filter((name) => !BUNDLED.has(name)),
    ],
    banner: { js: REQUIRE },
    plugins: [threadAddresses, englishAlone],
    metafile: true,
    logLevel: "silent",
  });
  return Object.keys(metafile.inputs)
    .filter((path) => !path.startsWith("node_modules/"))
    .sort();
}

/** A source with the addresses of threads replaced; `address` is called with the name of each. Throws for a thread that is not built. */
export function withThreads(source: string, address: (name: string) => string): string {
  return source.replaceAll(THREAD_URL, (_, name: string) => {
    if (!THREADS.some((path) => nameOf(path) === name)) throw new Error(`${name}.ts is no thread that is built`);
    return address(name);
  });
}

/** In the folder of the build, programs and threads stand side by side. */
const threadAddresses: Plugin = {
  name: "thread-addresses",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      return { loader: "ts", contents: withThreads(source, (name) => `new URL("./${name}.js", import.meta.url)`) };
    });
  },
};

/** Zod exports its messages in fifty languages as one object, which no bundler can reduce: a third of what most threads would load. */
const englishAlone: Plugin = {
  name: "english-alone",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: 'export { default as en } from "./en.js";',
    }));
  },
};

const nameOf = (path: string) => path.replace(/^.*\//, "").replace(/\.ts$/, "");
