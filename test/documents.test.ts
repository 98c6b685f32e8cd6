/** What the documents name is there: files, links, headings, scripts, layers. What they show of commands is run by test/e2e/documents/documents.test.ts. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { layer } from "../src/domain/spec/layers.ts";
import { loss, optimizer, scheduler } from "../src/domain/spec/optimization.ts";

const ROOT = join(import.meta.dirname, "..");
const PATHS = [
  "README.md",
  "ARCHITECTURE.md",
  "CONTRIBUTING.md",
  "DECISIONS.md",
  ...readdirSync(join(ROOT, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];
const documents = new Map(PATHS.map((path) => [path, readFileSync(join(ROOT, path), "utf8")]));
const textOf = (path: string) => documents.get(path) ?? "";

/** Longest README: a stranger reads it to its end. */
const README_LINES = 200;

describe("the documents", () => {
  it.each(PATHS)("%s names files and folders that are there", (path) => {
    const places = placesIn(textOf(path));
    expect(places.filter((place) => !isThere(place))).toEqual([]);
  });

  it.each(PATHS)("%s links to what is there", (path) => {
    for (const link of linksIn(textOf(path))) {
      const [file = "", anchor] = link.split("#");
      const target = file === "" ? path : join(dirname(path), file);
      expect(existsSync(join(ROOT, target)), link).toBe(true);
      if (anchor !== undefined) expect(headingsIn(readFileSync(join(ROOT, target), "utf8")), link).toContain(anchor);
    }
  });

  it("name scripts that package.json has", () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: Record<string, string> };
    const used = [...documents.values()].flatMap((text) =>
      [...text.matchAll(/npm run ([\w:-]+)/g)].map(([, script]) => script),
    );
    expect(used.filter((script) => !(String(script) in scripts))).toEqual([]);
  });

  it("are all reachable from the README, which is short", () => {
    const linked = linksIn(textOf("README.md"));
    expect(PATHS.filter((path) => path !== "README.md" && !linked.includes(path))).toEqual([]);
    expect(textOf("README.md").split("\n").length).toBeLessThanOrEqual(README_LINES);
  });
});

describe("docs/networks.md", () => {
  it.each([
    ["kinds of layers", layer],
    ["losses", loss],
    ["optimisers", optimizer],
    ["schedules", scheduler],
  ])("names all %s, as many as the README says", (name, schema) => {
    const types = typesIn(schema);
    expect(textOf("README.md")).toContain(`${types.length} ${name}`);
    const named = new Set([...textOf("docs/networks.md").matchAll(/`(\w+)`/g)].map(([, name]) => name));
    expect(types.filter((type) => !named.has(type))).toEqual([]);
  });
});

describe("DECISIONS.md", () => {
  const sections = textOf("DECISIONS.md").split(/^## (?=\d+\. )/m);
  const [index = "", ...decisions] = sections;
  const numbers = decisions.map((text) => Number.parseInt(text, 10));

  it("numbers its decisions without a gap, each short and with a status", () => {
    expect(numbers).toEqual(decisions.map((_, at) => at + 1));
    for (const text of decisions) {
      const [title, status = ""] = text.split("\n");
      expect(status, title).toMatch(/^Status: (accepted|superseded by \d+|accepted; amended by \d+)\.$/);
      expect(text.trim().split("\n").length, title).toBeLessThanOrEqual(15);
    }
  });

  it("has each in its index, once", () => {
    const listed = [...index.matchAll(/\[(\d+)\]/g)].map(([, number]) => Number(number));
    expect(listed.toSorted((a, b) => a - b)).toEqual(numbers);
  });

  it("is referred to by numbers that are there", () => {
    const referring = ["src", "test", "scripts"].flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
        .filter((path) => /\.(tsx?|py)$/.test(path))
        .map((path) => readFileSync(join(ROOT, folder, path), "utf8")),
    );
    const used = referring.flatMap((text) =>
      [...text.matchAll(/DECISIONS\.md, ([\d, and]+)/g)].flatMap(([, list = ""]) => list.match(/\d+/g) ?? []),
    );
    expect(used.filter((number) => !numbers.includes(Number(number)))).toEqual([]);
  });
});

/** Words in backticks that are paths, from the root of the repository or from src, and files at the root. */
function placesIn(markdown: string): string[] {
  const words = [...markdown.matchAll(/`([^`\s]+)`/g)].map(([, word]) => word as string);
  const isPath = (word: string) => /^\w[\w.-]*\/[\w./-]*$/.test(word) && !/^(text|application)\//.test(word);
  const isRootFile = (word: string) => /^[A-Z]+\.md$|^(package|tsconfig)\.json$|^openapi\.yaml$/.test(word);
  return words.filter((word) => isPath(word) || isRootFile(word));
}

/** Whether a path is in the repository, below `src`, or below `build`, which scripts write and a clone does not have. */
const isThere = (place: string): boolean =>
  place.startsWith("build/") || existsSync(join(ROOT, place)) || existsSync(join(ROOT, "src", place));

function linksIn(markdown: string): string[] {
  return [...markdown.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link as string).filter((link) => !link.includes("://"));
}

/** The anchors of headings, as GitHub makes them. */
function headingsIn(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
    (title as string)
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
}

/** The values that the `type` of a union's members has. */
function typesIn(schema: z.ZodType): string[] {
  const found = new Set<string>();
  const visit = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    const { properties } = node as { properties?: { type?: { const?: string } } };
    if (typeof properties?.type?.const === "string") found.add(properties.type.const);
    for (const [key, part] of Object.entries(node))
      if (["anyOf", "oneOf", "allOf"].includes(key) || Array.isArray(node)) visit(part);
  };
  const document = z.toJSONSchema(schema, { io: "input", unrepresentable: "any", reused: "inline" });
  const { $defs = {}, ...root } = document as { $defs?: Record<string, unknown> };
  visit(root);
  for (const [name, part] of Object.entries($defs)) if (!["Initialiser", "ClipGrad"].includes(name)) visit(part);
  return [...found];
}
