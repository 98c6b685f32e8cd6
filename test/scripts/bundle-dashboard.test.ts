import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Bundle, bundleDashboard } from "../../scripts/bundle-dashboard.ts";

const SAMPLES = ["iris", "penguins", "wine", "breast_cancer", "digits", "diabetes"];

const out = mkdtempSync(join(tmpdir(), "trainyard-bundle-"));
let bundle: Bundle;
let assets: string[];
beforeAll(async () => {
  bundle = await bundleDashboard(out);
  assets = readdirSync(join(out, "assets"));
});
afterAll(() => rmSync(out, { recursive: true }));

const read = (path: string) => readFileSync(join(out, path), "utf8");
const scripts = () => assets.filter((name) => name.endsWith(".js"));

describe("the bundled page", () => {
  it("has a document that names only files that are there", () => {
    const named = [...read("index.html").matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path as string);
    expect(named.filter((path) => !path.startsWith("/assets/"))).toEqual(["/v1/session", "/theme.js", "/docs"]);
    expect(named.filter((path) => !["/docs", "/v1/session"].includes(path) && !existsSync(join(out, path)))).toEqual([]);
    expect(named).toEqual(expect.arrayContaining([expect.stringMatching(/^\/assets\/main-[A-Z0-9]{8}\.js$/)]));
  });

  it("has a document for each address of a view, which has the code of the view fetched too, and is small at first", () => {
    const own = (name: string) => [...read(name).matchAll(/modulepreload" href="([^"]+)"/g)].map(([, path]) => path as string);
    const names = readdirSync(out).filter((name) => name.endsWith(".html"));
    expect(names).toEqual(
      expect.arrayContaining(["index.home.html", "index.jobs.html", "index.jobs.one.html", "index.models.one.html"]),
    );
    for (const name of names.filter((each) => each !== "index.html")) {
      expect(own(name).length, name).toBeGreaterThan(own("index.html").length);
      expect(own(name).filter((path) => !existsSync(join(out, path)))).toEqual([]);
    }
    expect(bundle.firstLoadBytes).toBeLessThanOrEqual(35_000);
    // A browser asks for six files at a time.
    expect(own("index.html").length).toBeLessThanOrEqual(2);
  });

  it("names each asset by its content, and has it compressed too", () => {
    const plain = assets.filter((name) => !/\.(gz|br)$/.test(name));
    expect(plain.filter((name) => !/-[A-Z0-9]{8}\.(js|css|svg|csv)$/.test(name))).toEqual([]);
    expect(assets).toEqual(expect.arrayContaining(plain.flatMap((name) => [`${name}.gz`, `${name}.br`])));
    for (const name of plain) {
      const unpacked = gunzipSync(readFileSync(join(out, "assets", `${name}.gz`))).toString();
      expect(unpacked === read(`assets/${name}`), name).toBe(true);
    }
  });

  it("has its sample tables as files", () => {
    for (const name of SAMPLES) {
      const file = assets.find((asset) => asset.startsWith(`${name}-`) && asset.endsWith(".csv")) as string;
      expect(read(`assets/${file}`)).toBe(readFileSync(join(import.meta.dirname, `../../datasets/${name}.csv`), "utf8"));
      expect(scripts().filter((script) => read(`assets/${script}`).includes(file))).toHaveLength(1);
    }
  });

  it("loads a view with all that the view needs at once", () => {
    const importsOf = (name: string) =>
      [...read(`assets/${name}`).matchAll(/(?:from|import)"\.\/([^"]+)"/g)].map(([, path]) => path as string);
    const main = scripts().find((name) => name.startsWith("main-")) as string;
    // The entry is in the one file that it shares with the views.
    const loaded = [main, ...importsOf(main)];
    const groups = loaded
      .flatMap((name) => [...read(`assets/${name}`).matchAll(/Promise\.all\(\[(.*?)\]\)/g)])
      .map(([, group]) => [...(group as string).matchAll(/import\("\.\/([^"]+)"\)/g)].map(([, path]) => path as string))
      .filter((group) => group.length > 0);
    expect(groups.length).toBeGreaterThan(0);
    for (const group of groups) {
      const missing = group.flatMap(importsOf).filter((name) => ![...loaded, ...group].includes(name));
      expect(missing).toEqual([]);
    }
  });

  it("says which files it was made of, and how much a first visit loads", () => {
    expect(bundle.inputs).toEqual(
      expect.arrayContaining([
        "src/dashboard/index.html",
        "src/dashboard/main.tsx",
        "src/dashboard/public/theme.js",
        "datasets/iris.csv",
      ]),
    );
    expect(bundle.firstLoadBytes).toBeGreaterThan(10_000);
    expect(bundle.firstLoadBytes).toBeLessThan(bundle.totalBytes);
  });

  it("has the same bytes every time", async () => {
    const contents = () => new Map(readdirSync(join(out, "assets")).map((name) => [name, read(`assets/${name}`)]));
    const before = contents();
    await bundleDashboard(out);
    expect(contents()).toEqual(before);
  });
});
