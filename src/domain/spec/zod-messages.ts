/**
 * Validation messages for zod, which say what would be valid. Importing this file sets them for the whole process, because
 * Fastify also checks schemas and has no option for messages. A schema's own message has precedence.
 */
import { z } from "zod";
import { nearest } from "../spelling.ts";

/** Maximum faults listed in one answer; a wrong column of a million rows should not become a million lines. */
export const MAX_FIELD_ERRORS = 100;

type Issue = z.core.$ZodRawIssue;
type Find<C extends Issue["code"]> = Extract<Issue, { readonly code: C }>;

/** The types of JSON values, by zod's names. */
const KINDS: Readonly<Record<string, string>> = {
  int: "a whole number",
  number: "a number",
  string: "a string",
  boolean: "true or false",
  null: "null",
  array: "an array",
  tuple: "an array",
  object: "an object",
  record: "an object",
};

const FORMATS: Readonly<Record<string, string>> = {
  url: "be a URL, like https://example.org/path",
  datetime: "be a date and time in UTC, like 2026-01-31T12:00:00Z",
};

/** The units of sizes. */
const UNITS: Readonly<Record<string, string>> = { string: "character", array: "item", record: "field" };

/** Returns the message of an issue; undefined for zod's own. The first unknown fields have a line each, in the order of the issue's keys. */
function messageOf(issue: Issue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      return wrongKind(issue);
    case "invalid_value":
      return issue.input === undefined ? IS_REQUIRED : `must be ${oneOf(issue.values)}`;
    case "too_small":
      return bounded(issue, issue.minimum, issue.inclusive === false ? "more than" : "at least");
    case "too_big":
      return bounded(issue, issue.maximum, issue.inclusive === false ? "less than" : "at most");
    case "not_multiple_of":
      return `must be a multiple of ${issue.divisor}`;
    case "invalid_format":
      return `must ${FORMATS[issue.format] ?? `match ${issue.pattern ?? issue.format}`}`;
    case "invalid_key":
      return `its name ${issue.issues[0]?.message ?? "is not allowed here"}`;
    case "invalid_union":
      return issue.input === undefined ? IS_REQUIRED : "matches none of the allowed forms";
    case "unrecognized_keys":
      return unknownNames(issue, "field");
    default:
      return undefined;
  }
}

const IS_REQUIRED = "is required";

function wrongKind({ expected, input }: Find<"invalid_type">): string {
  if (input === undefined) return IS_REQUIRED;
  const given = input === null ? "null" : Array.isArray(input) ? "array" : typeof input;
  const wanted = `must be ${KINDS[expected] ?? expected}`;
  // Query parameters that are not numbers were converted to NaN.
  if (Number.isNaN(input)) return wanted;
  const shown = given === "number" || given === "boolean" ? String(input) : (KINDS[given] ?? given);
  return `${wanted}, not ${shown}`;
}

function bounded({ origin, exact }: Find<"too_small" | "too_big">, bound: number | bigint, comparison: string): string {
  const limit = `${exact ? "exactly" : comparison} ${bound}`;
  const unit = UNITS[origin];
  return unit ? `must have ${limit} ${unit}${bound === 1 ? "" : "s"}` : `must be ${limit}`;
}

/** Formats values as `"a"` or `one of "a", "b"`. */
export function oneOf(values: readonly unknown[]): string {
  const list = values.map((value) => (typeof value === "string" ? JSON.stringify(value) : String(value))).join(", ");
  return values.length === 1 ? list : `one of ${list}`;
}

/** The fields of the object of an issue. */
function fieldsOf({ inst }: Find<"unrecognized_keys">): string[] {
  return inst instanceof z.ZodObject ? Object.keys(inst.shape) : [];
}

/** Returns the messages on names that an object does not have, one line per key of the issue. `kind` says what the names are. */
export function unknownNames(issue: Find<"unrecognized_keys">, kind: "field" | "parameter"): string {
  const keys = issue.keys.slice(0, MAX_FIELD_ERRORS);
  return keys.map((key) => unknownName(key, fieldsOf(issue), kind)).join("\n");
}

/** Maximum names listed as suggestions. */
const LISTED_NAMES = 12;

function unknownName(key: string, names: readonly string[], kind: string): string {
  const meant = nearest(key, names);
  if (meant) return `is not a ${kind} here: did you mean ${meant}?`;
  if (names.length === 0 && kind === "parameter") return "is not a parameter here: this path takes none";
  if (names.length === 0 || names.length > LISTED_NAMES) return `is not a ${kind} here`;
  return `is not a ${kind} here: ${names.length === 1 ? "the only one is" : `the ${kind}s are`} ${names.join(", ")}`;
}

z.config({ customError: messageOf });
