/**
 * Filters of lists, as text: conditions that must all hold, such as `value < 0.3 and params."/optimizer/lr" >= 1e-3`. A condition is a
 * field, an operator and a literal: a number, text in double quotes (as in JSON), true, false or null.
 */
import { nearest } from "./spelling.ts";

/** Maximum characters of a filter. */
const MAX_FILTER_LENGTH = 1000;
/**
 * Maximum conditions of a filter.
 *
 * @internal Exported for tests.
 */
export const MAX_CONDITIONS = 20;

export const OPERATORS = ["=", "!=", "<", "<=", ">", ">="] as const;
export type Operator = (typeof OPERATORS)[number];
export type Literal = string | number | boolean | null;

export interface Condition {
  readonly field: string;
  /** What follows the dot after a field that has members; otherwise null. */
  readonly key: string | null;
  readonly operator: Operator;
  readonly value: Literal;
  /** The column of its first character, counted from 1. */
  readonly column: number;
}

/**
 * What a field can be compared with: a number, text, or one of some words. For a field with members, the part after the dot is compared:
 * with any literal (`members`), with text (`texts`), or, if the names of the members are known, with a number.
 */
export type FieldKind = "number" | "text" | "members" | "texts" | { readonly numbers: readonly string[] } | readonly string[];
export type Fields = Readonly<Record<string, FieldKind>>;

/** A field, and the member after its dot if it has members. */
export interface FieldPath {
  readonly field: string;
  readonly key: string | null;
}

/** Why a text is not a filter, and the column (from 1) of the fault. */
export class FilterError extends Error {
  readonly column: number;

  constructor(column: number, detail: string) {
    super(`column ${column}: ${detail}`);
    this.column = column;
  }
}

interface Token {
  readonly kind: "name" | "text" | "number" | "operator" | "dot" | "end";
  readonly text: string;
  readonly column: number;
}

const TOKEN =
  /\s*(?:(?<name>[A-Za-z_]\w*)|(?<text>"(?:[^"\\]|\\.)*")|(?<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?<operator><=|>=|!=|<|>|=)|(?<dot>\.))/y;

const KEYWORDS: Readonly<Record<string, Literal>> = { true: true, false: false, null: null };

/**
 * Parses a filter.
 *
 * @throws {FilterError} for an invalid condition, an unknown field, and a literal or operator that does not fit its field.
 */
export function parseFilter(text: string, fields: Fields): readonly Condition[] {
  if (text.length > MAX_FILTER_LENGTH) throw new FilterError(MAX_FILTER_LENGTH + 1, `at most ${MAX_FILTER_LENGTH} characters`);
  const tokens = tokensOf(text);
  let at = 0;
  const take = () => tokens[at++] as Token;
  const conditions: Condition[] = [];
  for (;;) {
    const name = take();
    if (conditions.length === MAX_CONDITIONS) throw new FilterError(name.column, `at most ${MAX_CONDITIONS} conditions`);
    const { kind, key } = pathOf(name, take, fields);
    const operator = take();
    if (operator.kind !== "operator")
      throw new FilterError(operator.column, `expected one of ${OPERATORS.join(" ")} after ${name.text}`);
    const literal = take();
    const value = literalOf(literal);
    checkFit(kind, operator.text as Operator, value, literal.column);
    conditions.push({ field: name.text, key, operator: operator.text as Operator, value, column: name.column });
    const next = take();
    if (next.kind === "end") return conditions;
    if (next.text !== "and") throw new FilterError(next.column, 'expected "and" or the end: only "and" can join conditions');
  }
}

/**
 * Parses a field alone, such as `metrics.val_loss` or `params."/optimizer/lr"`, which starts at a column of a longer text.
 *
 * @throws {FilterError} for an invalid field.
 */
export function parseField(text: string, fields: Fields, column = 1): FieldPath {
  const tokens = tokensOf(text).map((token) => ({ ...token, column: token.column + column - 1 }));
  let at = 0;
  const take = () => tokens[at++] as Token;
  const name = take();
  const { key } = pathOf(name, take, fields);
  const rest = take();
  if (rest.kind !== "end") throw new FilterError(rest.column, "expected the end after the field");
  return { field: name.text, key };
}

/** Parses a field whose first token was read before. */
function pathOf(name: Token, take: () => Token, fields: Fields): { readonly kind: FieldKind; readonly key: string | null } {
  if (name.kind !== "name") throw new FilterError(name.column, `expected a field: ${Object.keys(fields).join(", ")}`);
  const kind = Object.hasOwn(fields, name.text) ? (fields[name.text] as FieldKind) : null;
  if (kind === null) throw new FilterError(name.column, unknownName("field", name.text, Object.keys(fields)));
  if (kind === "members" || kind === "texts") return { kind, key: keyOf(name, take(), take()) };
  if (typeof kind !== "object" || !("numbers" in kind)) return { kind, key: null };
  const [dot, key] = [take(), take()];
  const member = keyOf(name, dot, key, kind.numbers[0]);
  if (!kind.numbers.includes(member)) throw new FilterError(key.column, unknownName(name.text, member, kind.numbers));
  return { kind, key: member };
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const end = text.trimEnd().length;
  while (at < end) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (!match) {
      const column = at + (text.slice(at).length - text.slice(at).trimStart().length) + 1;
      throw new FilterError(column, `cannot read ${JSON.stringify(text.slice(column - 1, column + 9))}`);
    }
    const [kind, found] = Object.entries(match.groups ?? {}).find(([, each]) => each !== undefined) as [Token["kind"], string];
    at = TOKEN.lastIndex;
    tokens.push({ kind, text: found, column: at - found.length + 1 });
  }
  const last: Token = { kind: "end", text: "", column: end + 1 };
  // A missing token is reported at the end of the text.
  return [...tokens, last, last, last, last];
}

function keyOf(field: Token, dot: Token, key: Token, example = '"/optimizer/lr"'): string {
  if (dot.kind !== "dot" || (key.kind !== "name" && key.kind !== "text"))
    throw new FilterError(dot.column, `expected a name after ${field.text}, as ${field.text}.${example}`);
  return key.kind === "text" ? textOf(key) : key.text;
}

function literalOf(token: Token): Literal {
  if (token.kind === "number") return Number(token.text);
  if (token.kind === "text") return textOf(token);
  if (token.kind === "name" && Object.hasOwn(KEYWORDS, token.text)) return KEYWORDS[token.text] as Literal;
  throw new FilterError(token.column, 'expected a number, text in double quotes, true, false or null, as 0.3 or "adam"');
}

function textOf({ text, column }: Token): string {
  try {
    return JSON.parse(text) as string;
  } catch {
    throw new FilterError(column, "text in double quotes must be written as in JSON");
  }
}

function checkFit(kind: FieldKind, operator: Operator, value: Literal, column: number): void {
  const isOrdered = operator !== "=" && operator !== "!=";
  if (isOrdered && (typeof value === "boolean" || value === null))
    throw new FilterError(column, `${value} has no order: compare it with = or !=`);
  if (typeof value === "number" && !Number.isFinite(value)) throw new FilterError(column, "the number is too large");
  if (typeof value === "string" && value.includes("\u0000")) throw new FilterError(column, "text must not contain NUL");
  if (kind === "members") return;
  if (kind === "number" || (typeof kind === "object" && "numbers" in kind)) {
    if (typeof value !== "number" && value !== null) throw new FilterError(column, "expected a number");
    return;
  }
  if (kind === "text" || kind === "texts") {
    if (typeof value !== "string" && (value !== null || kind === "text"))
      throw new FilterError(column, "expected text in double quotes");
    return;
  }
  if (isOrdered || typeof value !== "string" || !kind.includes(value))
    throw new FilterError(column, `expected = or != and one of ${kind.map((word) => `"${word}"`).join(", ")}`);
}

function unknownName(what: string, name: string, known: readonly string[]): string {
  const close = nearest(name, known);
  return `unknown ${what === "field" ? what : `member of ${what}:`} ${name}${close ? `: did you mean ${close}?` : `; there are ${known.join(", ")}`}`;
}
