/**
 * Docstrings as a rule: every exported function, class and method of the floors that others build on says what it does, what
 * it throws, and which shapes its tensors have. Reads the sources as biome formats them; knows nothing of their meaning.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const SRC = join(import.meta.dirname, "../src");
const FLOORS = ["domain", "engine", "training", "client"] as const;

/** Something that has a docstring, or lacks it. */
interface Declaration {
  /** File and symbol, like engine/graph.ts: add */
  readonly name: string;
  readonly path: string;
  readonly kind: "function" | "class" | "method";
  /** The text of the docstring in front of it; empty if there is none. */
  readonly doc: string;
  /** Up to the body. */
  readonly signature: string;
  readonly body: string;
}

/** Functions and classes at the left margin, arrow functions among them. */
const EXPORT =
  /^export (?:async )?(?:function\*? (?<function>\w+)|(?:abstract )?class (?<class>\w+)|const (?<arrow>\w+)(?:: [^=]+)? =\s+(?:async )?(?=<\w|\())/;
/** Members of a class or an interface, two spaces from the margin. Names with # are its own affair. */
const METHOD = /^ {2}(?:static |async |override |\*)*(?:(?:get|set) )?(?<method>[a-z]\w*)(?:<[^(]*>)?\(/;
const CONTAINER = /^export (?:abstract )?(?:class|interface) (\w+)/;
const NOT_METHODS = new Set(["constructor", "if", "for", "while", "switch", "return"]);

function declarationsIn(path: string): Declaration[] {
  const lines = readFileSync(join(SRC, path), "utf8").split("\n");
  const found: Declaration[] = [];
  let container = "";
  lines.forEach((line, at) => {
    if (/^\S/.test(line) && !/^[})/*]/.test(line)) container = CONTAINER.exec(line)?.[1] ?? "";
    // A long arrow function begins in the next line.
    const exported = EXPORT.exec(`${line}\n${lines[at + 1] ?? ""}`)?.groups;
    const method = container ? METHOD.exec(line)?.groups?.method : undefined;
    const symbol = exported?.function ?? exported?.class ?? exported?.arrow ?? method;
    if (symbol === undefined || NOT_METHODS.has(symbol)) return;
    const kind = exported?.class ? "class" : exported ? "function" : "method";
    // Overloads after the first share its docstring.
    if (kind === "method" && new RegExp(`^ {2}${symbol}\\b.*;$`).test(lines[at - 1] ?? "")) return;
    const text = textFrom(lines, at);
    const split = kind === "class" ? 0 : bodyStart(text);
    const name = `${path}: ${kind === "method" ? `${container}.` : ""}${symbol}`;
    found.push({ name, path, kind, doc: docBefore(lines, at), signature: text.slice(0, split), body: text.slice(split) });
  });
  return found;
}

/** The declaration that begins in a line: up to the first later line that closes it at the same indentation. */
function textFrom(lines: readonly string[], at: number): string {
  const indent = /^ */.exec(lines[at] as string)?.[0] ?? "";
  const closes = (line: string): boolean => line.startsWith(indent) && /^[})\]]/.test(line.slice(indent.length));
  if (/[;}]$/.test(lines[at] as string)) return lines[at] as string;
  let end = at + 1;
  while (end < lines.length && !(closes(lines[end] as string) && /[};]$/.test(lines[end] as string))) {
    // A signature or an arrow function over several lines ends with a semicolon, too.
    if ((lines[end] as string).endsWith(";") && !/[{]$/.test(lines.slice(at, end).join("")) && !hasOpened(lines, at, end))
      break;
    end++;
  }
  return lines.slice(at, end + 1).join("\n");
}

/** Whether a block was opened between the declaration and this line: its statements end with semicolons. */
function hasOpened(lines: readonly string[], at: number, end: number): boolean {
  return lines.slice(at, end).some((line) => line.endsWith("{"));
}

/** Where the parameters and the result's type end. */
function bodyStart(text: string): number {
  const starts = [text.search(/\{\n/), text.search(/=>(?! void| [A-Z])/)].filter((start) => start >= 0);
  return starts.length > 0 ? Math.min(...starts) : text.length;
}

/** The docstring that ends in the line before, without its stars. */
function docBefore(lines: readonly string[], at: number): string {
  if (!(lines[at - 1] ?? "").trimEnd().endsWith("*/")) return "";
  let start = at - 1;
  while (start > 0 && !(lines[start] as string).trimStart().startsWith("/*")) start--;
  if (!(lines[start] as string).trimStart().startsWith("/**")) return "";
  return lines
    .slice(start, at)
    .join("\n")
    .replaceAll(/^\s*(\/\*\*|\*\/|\*)|\*\/$/gm, "")
    .trim();
}

const declarations = FLOORS.flatMap((floor) =>
  readdirSync(join(SRC, floor), { recursive: true, encoding: "utf8" })
    .map((path) => `${floor}/${path.replaceAll("\\", "/")}`)
    .filter((path) => path.endsWith(".ts"))
    .sort()
    .flatMap(declarationsIn),
);

const names = (wrong: readonly Declaration[]): string[] => wrong.map(({ name }) => name);

/** What refuses inside of a body: a throw, or the assertion of graph.ts. */
const THROWS = /\bthrow |\bensure\(/;
/** A shape in a docstring: as [rows, columns], or in words. */
const SHAPE = /\[[^\]]*\]|\bshapes?\b|\bscalars?\b|\belementwise\b/i;
/** Where tensors are values with a shape. To programs, walks and the compiler they are nodes. */
const isOfValues = ({ path }: Declaration): boolean => /^engine\/(graph|gradients|nn|loss|optim)\b(?!-)/.test(path);

describe("docstrings", () => {
  it.each(FLOORS)("stand before every exported function, class and method of %s", (floor) => {
    const own = declarations.filter(({ path }) => path.startsWith(`${floor}/`));
    expect(own.length).toBeGreaterThan(5);
    expect(names(own.filter(({ doc }) => doc === ""))).toEqual([]);
  });

  it("say what is thrown where something is", () => {
    const throwing = declarations.filter(({ kind, body }) => kind !== "class" && THROWS.test(body));
    expect(throwing.length).toBeGreaterThan(10);
    expect(names(throwing.filter(({ doc }) => !/\bthrows?\b/i.test(doc)))).toEqual([]);
  });

  it("say which shape the tensors of the engine's functions have", () => {
    const ofTensors = declarations.filter(
      (each) => isOfValues(each) && each.kind === "function" && /\bTensor\b/.test(each.signature),
    );
    expect(ofTensors.length).toBeGreaterThan(10);
    expect(names(ofTensors.filter(({ doc }) => !SHAPE.test(doc)))).toEqual([]);
  });
});
