/**
 * Builds the page: src/dashboard through esbuild, with hashes in the names, each file beside its gzip and brotli form. Fails if the first
 * visit would load too much. build.ts decides when it is built.
 */
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync, constants as zlib } from "node:zlib";
import { type BuildOptions, build, type Metafile, type Plugin } from "esbuild";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const SOURCE = "src/dashboard";
const DOCUMENT = `${SOURCE}/index.html`;
const MAIN = `${SOURCE}/main.tsx`;
const VIEW = /^src\/dashboard\/views\/[^/]+\/(one-)?page\.tsx$/;
/** Files that keep their names. */
const PUBLIC = `${SOURCE}/public`;

/** Maximum gzipped bytes of the first visit: the document and every file that it names. */
const FIRST_LOAD_LIMIT_BYTES = 35_000;

/** Maximum files of code that an address may load at first: a distant browser waits a round trip for each six. */
const MAX_FILES = 12;

/** A path in the document relative to itself: `src="./main.tsx"`. */
const NAMED_SOURCE = /\b(href|src)="\.\/([^"]+)"/g;
/** A comment of the document, with its line. */
const COMMENT = /\n\s*<!--.*?-->/gs;
/** A chunk that is loaded when it is needed, as esbuild writes it. */
const LAZY_IMPORT = /\bimport\("(\.\/[^"]+\.js)"\)/g;
/** A file's address in the platform's own syntax, which other bundlers understand and esbuild does not. */
const FILE_URL = /\bnew URL\("(\.[^"]+)", import\.meta\.url\)\.href/g;

/** What has been built. */
export interface Bundle {
  /** Files that were read, as paths from the root of the repository. */
  readonly inputs: readonly string[];
  /** Gzipped. */
  readonly firstLoadBytes: number;
  /** Gzipped. */
  readonly totalBytes: number;
  readonly files: number;
}

/** Builds the page into the folder `out`, which is emptied first. Throws for errors in the sources and over the limit. */
export async function bundleDashboard(out: string): Promise<Bundle> {
  const document = readFileSync(join(ROOT, DOCUMENT), "utf8");
  const entries = [...document.matchAll(NAMED_SOURCE)].map(([, , path]) => `${SOURCE}/${path}`);
  rmSync(out, { recursive: true, force: true });
  const ofWorkers = new Set<string>();
  const options = {
    absWorkingDir: ROOT,
    entryPoints: entries,
    outdir: out,
    entryNames: "assets/[name]-[hash]",
    chunkNames: "assets/[name]-[hash]",
    assetNames: "assets/[name]-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    minify: true,
    target: "es2022",
    jsx: "automatic",
    jsxImportSource: "preact",
    // Every file is one of its own: the content security policy allows no data: scripts or styles.
    loader: { ".csv": "file", ".svg": "copy" },
    metafile: true,
    logLevel: "silent",
  } as const satisfies BuildOptions;
  const plugins = [fileUrls, workers(ofWorkers)];
  const apart = await build({ ...options, plugins: [...plugins, fewFiles({ modules: [], entries: new Set() })], write: false });
  const { metafile } = await build({ ...options, plugins: [...plugins, fewFiles(smallModules(apart.metafile))] });
  const chunks = chunksOf(metafile);
  for (const chunk of chunks.values()) if (chunk.path.endsWith(".js")) loadTogether(join(ROOT, chunk.path), chunks);
  cpSync(join(ROOT, PUBLIC), out, { recursive: true });
  const written = documentOf(document, chunks);
  writeFileSync(join(out, "index.html"), written);
  for (const [name, html] of sectionDocuments(written, chunks)) writeFileSync(join(out, name), html);
  const gzipped = compress(out);
  const firstLoadBytes = firstLoad(out, gzipped);
  if (firstLoadBytes > FIRST_LOAD_LIMIT_BYTES)
    throw new Error(`a first visit loads ${firstLoadBytes} bytes gzipped, over the limit of ${FIRST_LOAD_LIMIT_BYTES}`);
  const publicFiles = readdirSync(join(ROOT, PUBLIC)).map((name) => `${PUBLIC}/${name}`);
  return {
    inputs: [DOCUMENT, ...publicFiles, ...sourcesOf(metafile, ofWorkers)].sort(),
    firstLoadBytes,
    totalBytes: [...gzipped.values()].reduce((sum, size) => sum + size, 0),
    files: gzipped.size,
  };
}

/** Turns `new URL("./table.csv", import.meta.url).href` into an import, which has the same value. */
const fileUrls: Plugin = {
  name: "file-urls",
  setup(bundler) {
    bundler.onLoad({ filter: /[\\/]src[\\/]dashboard[\\/].*\.ts$/ }, ({ path }) => {
      const source = readFileSync(path, "utf8");
      const imports: string[] = [];
      const contents = source.replaceAll(FILE_URL, (_, file: string) => {
        imports.push(`import fileUrl${imports.length} from "${file}";`);
        return `new URL(fileUrl${imports.length - 1}, import.meta.url).href`;
      });
      // One line, after the source, so that positions in messages stay right.
      return imports.length === 0 ? null : { contents: contents + imports.join(" "), loader: "ts" };
    });
  },
};

/** Namespace of the modules that stand for bundled workers. */
const WORKER = "worker";

/** Bundles each worker (a file with this suffix) into its own file, and imports of it give its address. Adds its sources to `read`. */
const workers = (read: Set<string>): Plugin => ({
  name: "workers",
  setup(bundler) {
    bundler.onResolve({ filter: /-worker\.ts$/ }, ({ path, resolveDir }) => ({
      path: join(resolveDir, path).replace(/\.ts$/, ".js"),
      namespace: WORKER,
    }));
    bundler.onLoad({ filter: /.*/, namespace: WORKER }, async ({ path }) => {
      const { outputFiles, metafile } = await build({
        absWorkingDir: ROOT,
        entryPoints: [path.replace(/\.js$/, ".ts")],
        bundle: true,
        format: "iife",
        minify: true,
        target: "es2022",
        write: false,
        metafile: true,
        logLevel: "silent",
      });
      for (const input of Object.keys(metafile.inputs)) read.add(input);
      return { contents: outputFiles[0]?.contents ?? "", loader: "file" };
    });
  },
});

/** The files that were read, those of workers among them. */
function sourcesOf({ inputs }: Metafile, ofWorkers: ReadonlySet<string>): string[] {
  return [...Object.keys(inputs).filter((path) => !path.startsWith(`${WORKER}:`)), ...ofWorkers];
}

/** Rooms with small modules that every view may use: they come with the first visit. */
const SHARED_ROOMS = ["ui", "shell"];
/** Modules beside the views that few visits need: they are loaded on demand, and run in the entry as views do. */
const LOADED_LATER: ReadonlySet<string> = new Set(["shortcut-help.tsx", "sign-in-dialog.tsx", "stream-over-http.ts"]);

/** Maximum minified bytes of a shared chunk that costs a slow network less as a part of another file than as a separate one. */
const SMALL_CHUNK_BYTES = 2500;

/** The modules of small chunks, each with the entries that cannot run without one of these chunks. */
interface SmallModules {
  readonly modules: readonly string[];
  readonly entries: ReadonlySet<string>;
}

/** Finds what esbuild would cut into small files, one for each set of entries that use it. */
function smallModules(metafile: Metafile): SmallModules {
  const chunks = [...chunksOf(metafile)];
  const first = new Set(chunks.filter(([, { entry }]) => entry === MAIN).flatMap(([, { needs }]) => [...needs]));
  const small = new Map(
    chunks.flatMap(([name, { path, entry }]) => {
      const { bytes = 0, inputs = {} } = metafile.outputs[path] ?? {};
      const isSmall = path.endsWith(".js") && !entry && !first.has(name) && bytes <= SMALL_CHUNK_BYTES;
      const modules = Object.keys(inputs).filter((input) => input.startsWith("src/"));
      return isSmall && modules.length > 0 ? [[name, modules] as const] : [];
    }),
  );
  const users = chunks.filter(([, { entry, needs }]) => entry && [...needs].some((name) => small.has(name)));
  return { modules: [...small.values()].flat().sort(), entries: new Set(users.map(([, { entry }]) => entry as string)) };
}

/** The module that imports the modules of small chunks. */
const SMALL = "small-modules";

/**
 * Makes every view and lazy module import the entry, in which it runs anyway, and the entry import the shared rooms: what all views need
 * becomes one file instead of one for each set of views. Modules that would still be cut into small files are imported by each entry that
 * uses any of them, and become one file too: a view loads a little that it does not use, and waits for fewer round trips. A browser fetches
 * six files at a time.
 */
const fewFiles = ({ modules, entries }: SmallModules): Plugin => ({
  name: "few-files",
  setup(bundler) {
    const rooms = SHARED_ROOMS.flatMap((room) =>
      readdirSync(join(ROOT, SOURCE, room)).flatMap((file) => (LOADED_LATER.has(file) ? [] : [`${SOURCE}/${room}/${file}`])),
    );
    const importsOf = (path: string): readonly string[] => [
      ...(path === MAIN ? rooms : []),
      ...(VIEW.test(path) || LOADED_LATER.has(basename(path)) ? [MAIN] : []),
      ...(entries.has(path) ? [SMALL] : []),
    ];
    bundler.onResolve({ filter: /^small-modules$/ }, () => ({ path: SMALL, namespace: SMALL }));
    bundler.onLoad({ filter: /.*/, namespace: SMALL }, () => ({ contents: statements(modules), resolveDir: ROOT }));
    bundler.onLoad({ filter: /[\\/]src[\\/]dashboard[\\/].*\.tsx?$/ }, ({ path }) => {
      const imports = importsOf(relative(ROOT, path).replaceAll("\\", "/"));
      if (imports.length === 0) return null;
      // One line, after the source, so that positions in messages stay right.
      return { contents: readFileSync(path, "utf8") + statements(imports), loader: path.endsWith("x") ? "tsx" : "ts" };
    });
  },
});

const statements = (modules: readonly string[]): string =>
  modules.map((path) => `import ${JSON.stringify(path === SMALL ? path : join(ROOT, path))};`).join(" ");

interface Chunk {
  /** From the root of the repository. */
  readonly path: string;
  /** The source of the entry. */
  readonly entry: string | undefined;
  /** Names of the chunks that it cannot run without, transitively. */
  readonly needs: ReadonlySet<string>;
}

/** What esbuild has written, by file name. */
function chunksOf({ outputs }: Metafile): ReadonlyMap<string, Chunk> {
  const needs = (path: string, found: Set<string> = new Set()): ReadonlySet<string> => {
    for (const { path: next, kind } of outputs[path]?.imports ?? []) {
      if (kind !== "import-statement" || found.has(basename(next))) continue;
      found.add(basename(next));
      needs(next, found);
    }
    return found;
  };
  return new Map(
    Object.entries(outputs).map(([path, { entryPoint }]) => [basename(path), { path, entry: entryPoint, needs: needs(path) }]),
  );
}

/**
 * Makes the page fetch a lazy chunk and everything that it needs at once, where a browser would discover them file by file. The name keeps
 * its hash, which covers the names of the inserted chunks.
 */
function loadTogether(file: string, chunks: ReadonlyMap<string, Chunk>): void {
  const own = chunks.get(basename(file))?.needs ?? new Set();
  const code = readFileSync(file, "utf8").replaceAll(LAZY_IMPORT, (statement, path: string) => {
    const missing = [...(chunks.get(basename(path))?.needs ?? [])].filter((name) => !own.has(name) && name !== basename(file));
    if (missing.length === 0) return statement;
    const others = missing.map((name) => `import("./${name}")`).join();
    return `Promise.all([${statement},${others}]).then(([page])=>page)`;
  });
  writeFileSync(file, code);
}

/** The document with the names of the built files, and the files that its script needs beside it. */
function documentOf(document: string, chunks: ReadonlyMap<string, Chunk>): string {
  const built = new Map([...chunks].map(([name, { entry }]) => [entry, name]));
  const preloads = (name: string) =>
    [...(chunks.get(name)?.needs ?? [])]
      .map((needed) => `\n    <link rel="modulepreload" href="/assets/${needed}" />`)
      .join("");
  return document
    .replaceAll(COMMENT, "")
    .replaceAll(NAMED_SOURCE, (_, attribute: string, path: string) => {
      const name = built.get(`${SOURCE}/${path}`);
      if (name === undefined) throw new Error(`${DOCUMENT} names ${path}, of which nothing was built`);
      return `${attribute}="/assets/${name}"`;
    })
    .replace(/<script type="module" src="\/assets\/([^"]+)"><\/script>/, (script, name: string) => script + preloads(name));
}

/** A view with its address, as in views.ts: a section, or one of its items. */
const VIEW_LINE = /pattern: "\/([\w-]*)(\/:\w+)?".*import\("\.\/(views\/[^"]+)"\)/g;

/**
 * The document of each address that has a view, with the code of that view fetched beside the entry's, not after it: by name,
 * `index.jobs.html` for /jobs, `index.jobs.one.html` for /jobs/:id, `index.home.html` for /.
 */
function sectionDocuments(document: string, chunks: ReadonlyMap<string, Chunk>): ReadonlyMap<string, string> {
  const views = readFileSync(join(ROOT, SOURCE, "views.ts"), "utf8");
  const named = [...views.matchAll(VIEW_LINE)].map(([, section, one, path]) => {
    const [name, chunk] = [...chunks].find(([, { entry }]) => entry === `${SOURCE}/${path}`) ?? [];
    if (!name || !chunk) throw new Error(`views.ts names ${path}, of which nothing was built`);
    const missing = [name, ...chunk.needs].filter((file) => !document.includes(file));
    const links = missing.map((file) => `    <link rel="modulepreload" href="/assets/${file}" />\n`).join("");
    const files = (document.match(/"[^"]+\.js"/g)?.length ?? 0) + missing.length;
    if (files > MAX_FILES) throw new Error(`${path} loads ${files} files of code, over the limit of ${MAX_FILES}`);
    return [`index.${section || "home"}${one ? ".one" : ""}.html`, document.replace("  </head>", `${links}  </head>`)] as const;
  });
  return new Map(named);
}

/** Writes the compressed forms of each file. Returns the gzipped sizes in bytes, by path from `out`. */
function compress(out: string): ReadonlyMap<string, number> {
  const files = readdirSync(out, { recursive: true, encoding: "utf8" }).filter((path) => /\.(js|css|html|svg|csv)$/.test(path));
  return new Map(
    files.map((path) => {
      const bytes = readFileSync(join(out, path));
      const gzip = gzipSync(bytes, { level: 9 });
      const params = { [zlib.BROTLI_PARAM_QUALITY]: 11, [zlib.BROTLI_PARAM_SIZE_HINT]: bytes.length };
      writeFileSync(join(out, `${path}.gz`), gzip);
      writeFileSync(join(out, `${path}.br`), brotliCompressSync(bytes, { params }));
      return [path.replaceAll("\\", "/"), gzip.length];
    }),
  );
}

/** Bytes of the document with every script and style that it names, each of which a browser fetches at once. */
function firstLoad(out: string, gzipped: ReadonlyMap<string, number>): number {
  const document = readFileSync(join(out, "index.html"), "utf8");
  const named = [...document.matchAll(/(?:src|href)="\/([^"]+)"/g)].map(([, path]) => path as string);
  return ["index.html", ...named].reduce((sum, path) => sum + (gzipped.get(path) ?? 0), 0);
}
