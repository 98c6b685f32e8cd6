import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";

const SRC = join(import.meta.dirname, "../src");

/** The floors: which folders of src a folder may import from. Itself always; siblings on a floor are strangers. */
const FLOORS: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  engine: [],
  training: ["domain", "engine"],
  formats: ["domain"],
  storage: ["domain"],
  queue: ["domain"],
  bus: ["domain"],
  outbound: ["domain"],
  telemetry: ["domain"],
  worker: ["domain", "training", "formats"],
  app: ["domain"],
  http: ["domain", "app", "formats"],
  client: ["domain"],
  cli: ["client", "formats"],
  dashboard: ["domain", "client"],
};

/** Floors of which another may import the types alone, apart from the files named: the page is made of the client, not of zod. */
const TYPES_ONLY: Readonly<Record<string, { readonly floor: string; readonly except: readonly string[] }>> = {
  dashboard: {
    floor: "domain",
    except: ["domain/jobs/job.ts", "domain/jobs/job-name.ts", "domain/spec/search-fields.ts", "domain/schedules/cron.ts"],
  },
};

/** The rooms of the page: which others each may import from. What is in none of them (main.tsx, views.ts) puts them together. */
const PAGE_ROOMS: Readonly<Record<string, readonly string[]>> = {
  shell: ["ui", "live"],
  ui: ["shell"],
  live: ["shell"],
  charts: ["shell", "ui"],
  plots: ["shell", "ui"],
  jobs: ["shell", "ui", "live", "charts"],
  datasets: ["shell", "ui", "plots"],
  "learning-curve": ["shell", "ui", "plots"],
  "model-view": ["shell", "ui", "live", "charts", "jobs", "plots", "learning-curve", "request"],
  predict: ["shell", "ui", "plots", "learning-curve"],
  playground: ["shell", "ui", "charts", "plots", "request"],
  request: ["shell", "ui"],
  webhooks: ["shell", "ui"],
  // A view knows every room, and no other view.
  views: [
    "shell",
    "ui",
    "live",
    "charts",
    "plots",
    "jobs",
    "datasets",
    "model-view",
    "learning-curve",
    "predict",
    "playground",
    "request",
    "webhooks",
  ],
};

/**
 * What of the engine's side the worker of the playground is made of, in a file that no document loads: the engine, and the files of
 * training that know no schemas. See "The playground trains in the browser" in DECISIONS.md.
 */
const PLAYGROUND = "dashboard/playground/";
const OF_PLAYGROUND = ["engine/index.ts", "training/data/generate.ts", "training/data/splits/share-split.ts"];
/** The way into it, which is an address and no import. */
const PLAYGROUND_WORKER = `${PLAYGROUND}trainer-worker.ts`;

/** The packages that the page loads, itself or through what it imports. */
const PAGE_PACKAGES = ["preact", "uplot"];

/** What stands above the floors and puts them together. */
const ROOTS: Readonly<Record<string, readonly string[]>> = {
  server: Object.keys(FLOORS),
  offline: ["domain", "storage", "app", "http", "server"],
  "main.ts": [...Object.keys(FLOORS), "server"],
};

/** Where each package may be imported. `node:` stands for what comes with Node. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  zod: ["domain", "http", "client", "server"],
  kysely: ["storage"],
  "better-sqlite3": ["storage"],
  pg: ["storage", "bus", "outbound"],
  "pg-boss": ["queue"],
  hucre: ["formats"],
  hyparquet: ["formats", "worker"],
  "hyparquet-compressors": ["formats"],
  fastify: ["http"],
  "@fastify/": ["http"],
  "fastify-type-provider-zod": ["http"],
  helmet: ["http"],
  ws: ["http"],
  "@grpc/grpc-js": ["http"],
  "ipaddr.js": ["outbound"],
  "prom-client": ["telemetry"],
  pino: ["http", "server", "main.ts"],
  preact: ["dashboard"],
  uplot: ["dashboard"],
  "#node-floor": ["cli", "main.ts"],
  commander: ["cli"],
  canonicalize: ["training"],
  "node:": [
    "training",
    "formats",
    "storage",
    "queue",
    "bus",
    "outbound",
    "telemetry",
    "worker",
    "app",
    "http",
    "cli",
    "server",
    "offline",
    "main.ts",
  ],
};

/** Longest file; a longer one has more than one responsibility. */
const MAX_LINES = 400;

/** Most files directly in a folder; one with more is several folders. */
const MAX_FILES = 20;

/** Folders that are tables: a file for each route or command. */
const TABLES: readonly string[] = ["http/routes", "cli/commands"];

interface Source {
  /** Path in src, with forward slashes. */
  readonly path: string;
  /** Its folder directly under src, or its own name at the root. */
  readonly place: string;
  readonly text: string;
  readonly imports: readonly string[];
}

const sources: Source[] = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .filter((path) => /\.tsx?$/.test(path))
  .map((path) => path.replaceAll("\\", "/"))
  .sort()
  .map((path) => {
    const text = readFileSync(join(SRC, path), "utf8");
    return { path, place: path.split("/")[0] as string, text, imports: importsOf(text) };
  });

/** Every module that a source names, static, dynamic, for types, or as the entry of a thread. */
function importsOf(text: string): string[] {
  const patterns = [
    /^(?:import|export)\b[^;"]*?\bfrom "([^"]+)"/gm,
    /^import "([^"]+)"/gm,
    /\bimport\("([^"]+)"\)/g,
    /\bnew URL\("(\.{1,2}\/[^"]+\.ts)", import\.meta\.url\)/g,
  ];
  return patterns.flatMap((pattern) => [...text.matchAll(pattern)].map(([, name]) => name as string));
}

/** Every module that a source loads when it runs: what it names, but for types. */
function valueImportsOf(text: string): string[] {
  const patterns = [/^(?:import|export) (?!type )[^;"]*?\bfrom "([^"]+)"/gm, /^import "([^"]+)"/gm, /\bimport\("([^"]+)"\)/g];
  return patterns.flatMap((pattern) => [...text.matchAll(pattern)].map(([, name]) => name as string));
}

/** The path in src that an import of the file at `path` leads to; one outside src starts with "..". */
function target(path: string, specifier: string): string {
  return relative(SRC, join(SRC, dirname(path), specifier)).replaceAll("\\", "/");
}

const isRelative = (specifier: string) => specifier.startsWith(".");

describe("the floors", () => {
  it("are all named here", () => {
    const places = new Set(sources.map(({ place }) => place));
    expect([...places].filter((place) => !(place in FLOORS) && !(place in ROOTS))).toEqual([]);
  });

  it("see only those below them", () => {
    const wrong = sources.flatMap((source) => {
      const seen = [source.place, ...(FLOORS[source.place] ?? ROOTS[source.place] ?? [])];
      return source.imports
        .filter(isRelative)
        .map((specifier) => target(source.path, specifier))
        .filter((path) => !path.startsWith("..") && !seen.includes(path.split("/")[0] as string))
        .filter((path) => !isProcess(source.path, path) && !isDefault(source.place, path))
        .filter((path) => !(source.path.startsWith(PLAYGROUND) && OF_PLAYGROUND.includes(path)))
        .map((path) => `${source.path} imports ${path}`);
    });
    expect(wrong).toEqual([]);
  });

  it("take nothing but types where that is all they may take", () => {
    const wrong = sources.flatMap(({ path, place, text }) => {
      const { floor, except } = TYPES_ONLY[place] ?? { floor: null, except: [] };
      return valueImportsOf(text)
        .filter(isRelative)
        .map((specifier) => target(path, specifier))
        .filter((imported) => imported.split("/")[0] === floor && !except.includes(imported))
        .map((imported) => `${path} imports ${imported}`);
    });
    expect(wrong).toEqual([]);
  });

  it("keep the engine out of the documents of the page: only its worker loads it", () => {
    const byPath = new Map(sources.map((source) => [source.path, source]));
    const ofDocuments = sources.filter(({ path, place }) => place === "dashboard" && !path.startsWith(PLAYGROUND));
    const loaded = new Set(ofDocuments.map(({ path }) => path));
    for (const path of loaded)
      for (const specifier of valueImportsOf(byPath.get(path)?.text ?? ""))
        if (isRelative(specifier)) loaded.add(target(path, specifier));
    expect([...loaded].filter((path) => /^(engine|training)\//.test(path) || path === PLAYGROUND_WORKER)).toEqual([]);
  });

  it("keep packages out of the page, whatever it imports", () => {
    const byPath = new Map(sources.map((source) => [source.path, source]));
    const loaded = new Set(sources.filter(({ place }) => place === "dashboard").map(({ path }) => path));
    const packages = new Set<string>();
    // A Set iterates over what is added meanwhile too.
    for (const path of loaded) {
      for (const specifier of valueImportsOf(byPath.get(path)?.text ?? "")) {
        if (isRelative(specifier)) loaded.add(target(path, specifier));
        else packages.add(packageOf(specifier));
      }
    }
    expect([...packages].filter((name) => !PAGE_PACKAGES.includes(name))).toEqual([]);
  });

  it("import relatively with the ending .ts or .tsx, and outside src only the migrations", () => {
    const specifiers = sources.flatMap((source) =>
      source.imports.filter(isRelative).map((specifier) => ({ source, specifier, path: target(source.path, specifier) })),
    );
    expect(specifiers.filter(({ specifier }) => !/\.tsx?$/.test(specifier))).toEqual([]);
    const outside = specifiers.filter(({ path }) => path.startsWith(".."));
    for (const { source, path } of outside) {
      expect(source.place, `${source.path} imports ${path}`).toBe("storage");
      expect(path).toMatch(/^\.\.\/migrations\//);
    }
  });

  it("of the page are rooms, which know only those named", () => {
    const roomOf = (path: string) => /^dashboard\/([^/]+)\//.exec(path)?.[1] ?? null;
    const viewOf = (path: string) => /^dashboard\/views\/([^/]+)\//.exec(path)?.[1] ?? null;
    const wrong = sources.flatMap(({ path, imports }) => {
      const room = roomOf(path);
      if (room === null) return [];
      return imports
        .filter(isRelative)
        .map((specifier) => target(path, specifier))
        .filter((to) => {
          const other = roomOf(to);
          if (other === null) return false;
          if (other === room) return viewOf(path) !== viewOf(to);
          return !PAGE_ROOMS[room]?.includes(other);
        })
        .map((to) => `${path} imports ${to}`);
    });
    expect(wrong).toEqual([]);
  });

  it("are unknown to the migrations, which import kysely and each other", () => {
    const folder = join(SRC, "../migrations");
    const wrong = readdirSync(folder).flatMap((path) =>
      importsOf(readFileSync(join(folder, path), "utf8"))
        .filter((specifier) => !/^(kysely|\.\/[a-z0-9-]+\.ts)$/.test(specifier))
        .map((specifier) => `migrations/${path} imports ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });

  it("have no cycles", () => {
    const graph = new Map(
      sources.map((source) => [
        source.path,
        source.imports.filter(isRelative).map((specifier) => target(source.path, specifier)),
      ]),
    );
    expect(cycleIn(graph)).toBeNull();
  });
});

/** The command line starts the server, and what works on databases without it, as processes of their own: a path, not an import. */
function isProcess(from: string, to: string): boolean {
  return from === "cli/server-process.ts" && /^(main|offline\/[a-z-]+)\.ts$/.test(to);
}

/** The command line looks for a server where it listens by default. */
function isDefault(place: string, to: string): boolean {
  return place === "cli" && to === "server/defaults.ts";
}

/** A cycle of the graph as a path, or null. */
function cycleIn(graph: ReadonlyMap<string, readonly string[]>): string[] | null {
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): string[] | null => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    if (done.has(path)) return null;
    for (const next of graph.get(path) ?? []) {
      const cycle = visit(next, [...trail, path]);
      if (cycle) return cycle;
    }
    done.add(path);
    return null;
  };
  for (const path of graph.keys()) {
    const cycle = visit(path, []);
    if (cycle) return cycle;
  }
  return null;
}

describe("a route", () => {
  it("reaches what is stored by a use case alone", () => {
    // Words of descriptions and headers aside: `cache-control: no-store`.
    const withoutTexts = (code: string) => code.replaceAll(/"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g, "");
    const wrong = sources.filter(
      (source) => /^http\/(routes|streaming)\//.test(source.path) && /\bstore\b/.test(withoutTexts(codeOf(source))),
    );
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });
});

describe("packages", () => {
  it("appear only where the plan puts them", () => {
    const wrong = sources.flatMap(({ path, place, imports }) =>
      imports
        .filter((specifier) => !isRelative(specifier))
        .filter((specifier) => !(PACKAGES[packageOf(specifier)] ?? []).includes(place))
        .map((specifier) => `${path} imports ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });

  it("are none in the engine, nor anything of Node", () => {
    const outside = sources
      .filter(({ place }) => place === "engine")
      .flatMap(({ imports }) => imports.filter((name) => !isRelative(name)));
    expect(outside).toEqual([]);
  });
});

/** The key of PACKAGES for an import: "node:" and scopes stand for all that they hold. */
function packageOf(specifier: string): string {
  if (specifier.startsWith("node:")) return "node:";
  if (specifier.startsWith("@fastify/")) return "@fastify/";
  const parts = specifier.split("/");
  return parts.slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
}

describe("every folder", () => {
  it("holds few files, so that one sees at a glance what is there", () => {
    const files = readdirSync(SRC, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const folders = files.map(({ parentPath }) => relative(SRC, parentPath).replaceAll("\\", "/"));
    const crowded = Object.entries(Object.groupBy(folders, (folder) => folder))
      .filter(([folder, found = []]) => !TABLES.includes(folder) && found.length > MAX_FILES)
      .map(([folder, found = []]) => `${folder}: ${found.length} files`);
    expect(crowded).toEqual([]);
  });
});

describe("every file", () => {
  const pathsWhere = (wrong: (source: Source) => boolean) => sources.filter(wrong).map(({ path }) => path);

  it("begins with what it owns, and is short", () => {
    expect(pathsWhere(({ text }) => !text.startsWith("/**"))).toEqual([]);
    expect(pathsWhere(({ text }) => text.split("\n").length > MAX_LINES)).toEqual([]);
  });

  it("is named in kebab-case, and after what it owns", () => {
    expect(pathsWhere(({ path }) => !/^([a-z0-9]+(-[a-z0-9]+)*\/)*[a-z0-9]+(-[a-z0-9]+)*\.tsx?$/.test(path))).toEqual([]);
    expect(pathsWhere(({ path }) => /(^|\/)(utils?|helpers?|common|types|misc)(\.tsx?|\/)/.test(path))).toEqual([]);
  });

  it("is named index.ts only where it re-exports what its folder offers", () => {
    const rest = ({ text }: Source) => codeOf({ text }).replaceAll(/^export\b[^;]*?\bfrom "[^"]+";$/gm, "");
    const indexes = sources.filter(({ path }) => /(^|\/)index\.tsx?$/.test(path));
    expect(indexes.length).toBeGreaterThan(0);
    expect(indexes.filter((source) => rest(source).trim() !== "").map(({ path }) => path)).toEqual([]);
  });

  it("leaves the environment and the terminal to the entries", () => {
    // The last one shows a program to its reader.
    const isEntry = ({ path, place }: Source) =>
      place === "cli" || place === "offline" || ["main.ts", "dashboard/request/request-view.tsx"].includes(path);
    expect(pathsWhere((source) => !isEntry(source) && /\b(process\.env|console\.)/.test(codeOf(source)))).toEqual([]);
  });

  it("has nothing left for later, and no way around the types", () => {
    expect(pathsWhere(({ text }) => /\b(TODO|FIXME|XXX|HACK)\b|@ts-(ignore|expect-error|nocheck)/.test(text))).toEqual([]);
    expect(pathsWhere((source) => /(:|\bas|<) ?any\b/.test(codeOf(source)))).toEqual([]);
  });
});

/** A source without its comments. */
function codeOf({ text }: Pick<Source, "text">): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, "");
}
