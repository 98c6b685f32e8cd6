/**
 * MLflow's search expressions: `metrics.loss < 0.3 and params."optimizer/lr" = '0.01'`, and `metrics.loss DESC` to order by. Conditions are
 * joined by AND; text is in single or double quotes, names with other characters in double quotes or backticks. Knows nothing of what is
 * searched.
 */
import { TrainyardError } from "../errors.ts";

/** Maximum characters of an expression, maximum conditions of one, and maximum keys of an order. */
const MAX_LENGTH = 4000;
const MAX_CONDITIONS = 20;
const MAX_KEYS = 5;
/** Maximum values of a list after IN. */
const MAX_LIST = 500;

export type Entity = "attribute" | "metric" | "param" | "tag";
export type Comparator = "=" | "!=" | "<" | "<=" | ">" | ">=" | "LIKE" | "ILIKE" | "IN" | "NOT IN" | "IS NULL" | "IS NOT NULL";

export interface RunCondition {
  readonly entity: Entity;
  readonly key: string;
  readonly comparator: Comparator;
  /** A list for IN and NOT IN; null for IS NULL and IS NOT NULL. */
  readonly value: number | string | readonly string[] | null;
}

export interface RunOrder {
  readonly entity: Entity;
  readonly key: string;
  readonly descends: boolean;
}

/** The type of each attribute of a kind of record, by the names that clients use. */
export type Attributes = Readonly<Record<string, { readonly key: string; readonly type: "number" | "text" }>>;

const text = (key: string) => ({ key, type: "text" }) as const;
const number = (key: string) => ({ key, type: "number" }) as const;

/** The attributes of runs. */
export const RUN_ATTRIBUTES: Attributes = {
  run_id: text("id"),
  run_name: text("name"),
  "run name": text("name"),
  "Run name": text("name"),
  "Run Name": text("name"),
  status: text("status"),
  artifact_uri: text("artifact_uri"),
  user_id: text("user_id"),
  experiment_id: text("experiment_id"),
  start_time: number("start_time"),
  created: number("start_time"),
  Created: number("start_time"),
  end_time: number("end_time"),
};

/** The attributes of experiments. */
export const EXPERIMENT_ATTRIBUTES: Attributes = {
  name: text("name"),
  experiment_id: text("id"),
  creation_time: number("createdAt"),
  last_update_time: number("updatedAt"),
};

/** The attributes of registered models, and of their versions. */
export const REGISTRY_ATTRIBUTES: Attributes = {
  name: text("name"),
  version_number: number("version"),
  run_id: text("run_id"),
  source_path: text("source"),
  creation_timestamp: number("creation_timestamp"),
  timestamp: number("last_updated_timestamp"),
  last_updated_timestamp: number("last_updated_timestamp"),
};

/** The attributes of logged models. */
export const MODEL_ATTRIBUTES: Attributes = {
  name: text("name"),
  model_id: text("id"),
  model_type: text("type"),
  status: text("status"),
  source_run_id: text("runId"),
  experiment_id: text("experimentId"),
  creation_timestamp: number("createdAt"),
  creation_time: number("createdAt"),
  last_updated_timestamp: number("updatedAt"),
};

const ENTITIES: Readonly<Record<string, Entity>> = {
  ...{ attribute: "attribute", attributes: "attribute", attr: "attribute", run: "attribute" },
  ...{ metric: "metric", metrics: "metric" },
  ...{ param: "param", params: "param", parameter: "param", parameters: "param" },
  ...{ tag: "tag", tags: "tag" },
};

const ORDERED: readonly Comparator[] = ["=", "!=", "<", "<=", ">", ">="];
const TEXTUAL: readonly Comparator[] = ["=", "!=", "LIKE", "ILIKE", "IN", "NOT IN"];
const COMPARATORS: Readonly<Record<Entity, readonly Comparator[]>> = {
  attribute: TEXTUAL,
  metric: ORDERED,
  param: ["=", "!=", "LIKE", "ILIKE"],
  tag: ["=", "!=", "LIKE", "ILIKE", "IS NULL", "IS NOT NULL"],
};

interface Token {
  readonly kind: "word" | "quoted" | "backticked" | "number" | "sign" | "end";
  readonly text: string;
  /** The column of its first character, counted from 1. */
  readonly column: number;
}

const TOKEN =
  /\s*(?:(?<number>[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\w.-]))|(?<word>[A-Za-z_][\w/:-]*)|(?<quoted>'[^']*'|"[^"]*")|(?<backticked>`[^`]*`)|(?<sign><=|>=|!=|==|[<>=.,()]))/y;

/**
 * Parses a filter; an empty one has no conditions.
 *
 * @throws {TrainyardError} `malformed`, with the column, for an invalid condition, an unknown field, and a value that does not fit it.
 */
export function parseRunFilter(filter: string, attributes: Attributes): readonly RunCondition[] {
  const tokens = tokensOf(filter);
  const conditions: RunCondition[] = [];
  if (tokens.peek().kind === "end") return conditions;
  for (;;) {
    if (conditions.length === MAX_CONDITIONS) throw fault(tokens.peek(), `at most ${MAX_CONDITIONS} conditions`);
    conditions.push(conditionOf(tokens, attributes));
    const next = tokens.take();
    if (next.kind === "end") return conditions;
    if (!isWord(next, "AND")) throw fault(next, "expected AND or the end: conditions are joined by AND alone");
  }
}

/**
 * Parses the order of a list: fields, each optionally followed by ASC or DESC.
 *
 * @throws {TrainyardError} `malformed`, with the column, for an invalid or unknown field.
 */
export function parseRunOrder(orders: readonly string[], attributes: Attributes): readonly RunOrder[] {
  if (orders.length > MAX_KEYS) throw new TrainyardError("malformed", `order_by: at most ${MAX_KEYS} fields`);
  return orders.map((order) => {
    const tokens = tokensOf(order);
    const { entity, key } = fieldOf(tokens, attributes);
    const direction = tokens.take();
    const descends = isWord(direction, "DESC");
    if (!descends && !isWord(direction, "ASC") && direction.kind !== "end") throw fault(direction, "expected ASC or DESC");
    if (direction.kind !== "end" && tokens.peek().kind !== "end") throw fault(tokens.peek(), "expected the end");
    return { entity, key, descends };
  });
}

interface Tokens {
  peek(): Token;
  take(): Token;
}

function tokensOf(expression: string): Tokens {
  if (expression.length > MAX_LENGTH)
    throw new TrainyardError("malformed", `a search expression has at most ${MAX_LENGTH} characters`);
  if (expression.includes("\u0000")) throw new TrainyardError("malformed", "a search expression must not contain NUL");
  const tokens: Token[] = [];
  const end = expression.trimEnd().length;
  for (let at = 0; at < end; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(expression);
    if (!match) throw fault({ column: at + 1 }, `cannot read ${JSON.stringify(expression.slice(at, at + 10))}`);
    const [kind, found] = Object.entries(match.groups ?? {}).find(([, each]) => each !== undefined) as [Token["kind"], string];
    tokens.push({ kind, text: found, column: TOKEN.lastIndex - found.length + 1 });
  }
  const last: Token = { kind: "end", text: "", column: end + 1 };
  let next = 0;
  const peek = () => tokens[next] ?? last;
  const take = () => {
    const token = peek();
    next++;
    return token;
  };
  return { peek, take };
}

const isWord = (token: Token, word: string): boolean => token.kind === "word" && token.text.toUpperCase() === word;
const isName = ({ kind }: Token): boolean => kind === "word" || kind === "quoted" || kind === "backticked";
const unquoted = (token: Token): string => (token.kind === "word" ? token.text : token.text.slice(1, -1));

function fault({ column }: { readonly column: number }, detail: string): TrainyardError {
  return new TrainyardError("malformed", `column ${column}: ${detail}`);
}

interface Field {
  readonly entity: Entity;
  readonly key: string;
  readonly type: "number" | "text";
}

/** Parses `metrics.loss`, `tags."a b"`, or an attribute alone. Names may have dots. */
function fieldOf(tokens: Tokens, attributes: Attributes): Field {
  const first = tokens.take();
  if (!isName(first)) throw fault(first, "expected a field, as metrics.loss");
  const isMember = tokens.peek().text === "." && tokens.peek().kind === "sign";
  const entity = isMember ? ENTITIES[first.text.toLowerCase()] : "attribute";
  if (!entity) throw fault(first, `expected metrics, params, tags or attributes before the dot, not ${first.text}`);
  const name = isMember ? memberOf(tokens) : unquoted(first);
  if (entity !== "attribute") return { entity, key: name, type: entity === "metric" ? "number" : "text" };
  const attribute = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
  if (!attribute) throw fault(first, `there is no attribute ${name}: there are ${Object.keys(attributes).join(", ")}`);
  return { entity, ...attribute };
}

function memberOf(tokens: Tokens): string {
  let name = "";
  while (tokens.peek().kind === "sign" && tokens.peek().text === ".") {
    tokens.take();
    const part = tokens.take();
    if (!isName(part) && part.kind !== "number") throw fault(part, "expected a name after the dot");
    name += `${name === "" ? "" : "."}${part.kind === "number" ? part.text : unquoted(part)}`;
  }
  return name;
}

function conditionOf(tokens: Tokens, attributes: Attributes): RunCondition {
  const field = fieldOf(tokens, attributes);
  const at = tokens.peek();
  const comparator = comparatorOf(tokens);
  const allowed = field.type === "number" ? ORDERED : COMPARATORS[field.entity];
  if (!allowed.includes(comparator)) throw fault(at, `${comparator} does not go with this field: ${allowed.join(", ")} do`);
  return { entity: field.entity, key: field.key, comparator, value: literalOf(tokens, field, comparator) };
}

function comparatorOf(tokens: Tokens): Comparator {
  const token = tokens.take();
  if (token.kind === "sign" && token.text === "==") return "=";
  if (token.kind === "sign" && ORDERED.includes(token.text as Comparator)) return token.text as Comparator;
  for (const word of ["LIKE", "ILIKE", "IN"] as const) if (isWord(token, word)) return word;
  const then = (word: string) => isWord(tokens.peek(), word) && tokens.take();
  if (isWord(token, "NOT") && then("IN")) return "NOT IN";
  if (isWord(token, "IS")) {
    if (then("NULL")) return "IS NULL";
    if (then("NOT") && then("NULL")) return "IS NOT NULL";
  }
  throw fault(token, `expected a comparison: ${[...ORDERED, "LIKE", "ILIKE", "IN"].join(", ")}`);
}

function literalOf(tokens: Tokens, { type }: Field, comparator: Comparator): RunCondition["value"] {
  if (comparator === "IS NULL" || comparator === "IS NOT NULL") return null;
  if (comparator === "IN" || comparator === "NOT IN") return listOf(tokens);
  const token = tokens.take();
  if (type === "text") return textOf(token);
  if (token.kind !== "number") throw fault(token, "expected a number");
  return Number(token.text);
}

function listOf(tokens: Tokens): readonly string[] {
  const open = tokens.take();
  if (open.text !== "(") throw fault(open, "expected a list, as ('a', 'b')");
  const values: string[] = [];
  for (;;) {
    if (values.length === MAX_LIST) throw fault(tokens.peek(), `at most ${MAX_LIST} values`);
    values.push(textOf(tokens.take()));
    const next = tokens.take();
    if (next.text === ")") return values;
    if (next.text !== ",") throw fault(next, "expected a comma or the end of the list");
  }
}

function textOf(token: Token): string {
  if (token.kind !== "quoted") throw fault(token, "expected text in single quotes");
  return unquoted(token);
}

/** The value of a field of a record that is searched in memory; null if it has none. */
export type ReadField = (field: Pick<RunCondition, "entity" | "key">) => number | string | null;

/** Whether a record meets a condition, with the result that the database has for runs. */
export function meets(read: ReadField, { entity, key, comparator, value }: RunCondition): boolean {
  const found = read({ entity, key });
  if (comparator === "IS NULL") return found === null;
  if (comparator === "IS NOT NULL") return found !== null;
  if (found === null) return false;
  if (comparator === "IN") return (value as readonly string[]).includes(String(found));
  if (comparator === "NOT IN") return !(value as readonly string[]).includes(String(found));
  if (comparator === "LIKE") return isLike(String(found), String(value));
  if (comparator === "ILIKE") return isLike(String(found).toLowerCase(), String(value).toLowerCase());
  return COMPARE[comparator](found as number, value as number);
}

const COMPARE: Readonly<Record<"=" | "!=" | "<" | "<=" | ">" | ">=", (a: number, b: number) => boolean>> = {
  "=": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
};

/**
 * Whether a text matches a pattern in which % is any text and _ any character. Takes at most the length of the text times that of the
 * pattern.
 */
function isLike(text: string, pattern: string): boolean {
  let [at, next, star, mark] = [0, 0, -1, 0];
  while (at < text.length) {
    if (pattern[next] === "%") {
      star = next++;
      mark = at;
    } else if (next < pattern.length && (pattern[next] === "_" || pattern[next] === text[at])) {
      at++;
      next++;
    } else if (star >= 0) {
      // Let the last % match one character more.
      next = star + 1;
      at = ++mark;
    } else return false;
  }
  while (pattern[next] === "%") next++;
  return next === pattern.length;
}

/** Compares two records by an order; those without a value come last. */
export function compareBy(order: readonly RunOrder[], a: ReadField, b: ReadField): number {
  for (const field of order) {
    const [left, right] = [a(field), b(field)];
    if (left === right) continue;
    if (left === null) return 1;
    if (right === null) return -1;
    return left < right === field.descends ? 1 : -1;
  }
  return 0;
}
