/**
 * How the page is built: src/dashboard into build/dashboard, names with hashes, each file beside its gzip and brotli form.
 * Says what a first visit loads, and fails when that grows over its limit.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync, constants as zlib } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

const OUT = fileURLToPath(new URL("./build/dashboard", import.meta.url));

/** Most bytes, gzipped, that the first visit may load: the document, and what it names. */
export const FIRST_LOAD_LIMIT_BYTES = 150_000;

export default defineConfig({
  root: fileURLToPath(new URL("./src/dashboard", import.meta.url)),
  base: "/",
  // Preact's automatic runtime, without a plugin: the compiler that Vite has does it.
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: OUT,
    emptyOutDir: true,
    target: "es2022",
    // Everything is a file of its own: the content security policy allows no data: scripts or styles.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  logLevel: "warn",
  plugins: [compressed()],
});

/** Writes each file's compressed forms, and the sizes. */
function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    closeBundle() {
      const files = readdirSync(OUT, { recursive: true, encoding: "utf8" }).filter((path) =>
        /\.(js|css|html|svg|csv)$/.test(path),
      );
      const gzipped = new Map<string, number>();
      for (const path of files) {
        const bytes = readFileSync(join(OUT, path));
        const gzip = gzipSync(bytes, { level: 9 });
        const params = { [zlib.BROTLI_PARAM_QUALITY]: 11, [zlib.BROTLI_PARAM_SIZE_HINT]: bytes.length };
        writeFileSync(join(OUT, `${path}.gz`), gzip);
        writeFileSync(join(OUT, `${path}.br`), brotliCompressSync(bytes, { params }));
        gzipped.set(path.replaceAll("\\", "/"), gzip.length);
      }
      const total = [...gzipped.values()].reduce((sum, size) => sum + size, 0);
      const first = firstLoadBytes(gzipped);
      console.log(`the page: ${kB(first)} gzipped on the first visit, ${kB(total)} in all (${gzipped.size} files)`);
      if (first > FIRST_LOAD_LIMIT_BYTES) this.error(`a first visit loads over ${kB(FIRST_LOAD_LIMIT_BYTES)} gzipped`);
    },
  };
}

/** The document with every script and style that it names, each of which a browser fetches at once. */
function firstLoadBytes(gzipped: ReadonlyMap<string, number>): number {
  const document = readFileSync(join(OUT, "index.html"), "utf8");
  const named = [...document.matchAll(/(?:src|href)="\/([^"]+)"/g)].map(([, path]) => path as string);
  return ["index.html", ...named].reduce((sum, path) => sum + (gzipped.get(path) ?? 0), 0);
}

const kB = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`;
