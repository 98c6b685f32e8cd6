/**
 * zod's messages, worded so that they say what would be right. Importing this file sets them for the whole process, because
 * Fastify checks schemas too and takes no other messages. A message that a schema states itself takes precedence.
 */
import { z } from "zod";
import { nearest } from "../spelling.ts";

/** Most failures listed in one answer; a wrong column of a million rows should not become a million lines. */
export const MAX_FIELD_ERRORS = 100;

type Issue = z.core.$ZodRawIssue;
type Find<C extends Issue["code"]> = Extract<Issue, { readonly code: C }>;

/** JSON's kinds of values, by zod's names for them. */
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

/** What sizes are counted in. */
const UNITS: Readonly<Record<string, string>> = { string: "character", array: "item", record: "field" };

/** The message for an issue; undefined leaves it to zod. The first unknown fields have a line each, in the order of the issue's keys. */
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
      return `its name ${issue.issues[0]?.message ?? "cannot stand here"}`;
    case "invalid_union":
      return issue.input === undefined ? IS_REQUIRED : "fits nothing that can stand here";
    case "unrecognized_keys":
      return issue.keys
        .slice(0, MAX_FIELD_ERRORS)
        .map((key) => unknownField(key, fieldsOf(issue)))
        .join("\n");
    default:
      return undefined;
  }
}

const IS_REQUIRED = "is required";

function wrongKind({ expected, input }: Find<"invalid_type">): string {
  if (input === undefined) return IS_REQUIRED;
  const given = input === null ? "null" : Array.isArray(input) ? "array" : typeof input;
  const wanted = `must be ${KINDS[expected] ?? expected}`;
  // What a query has instead of a number became this one before it came here.
  if (Number.isNaN(input)) return wanted;
  const shown = given === "number" || given === "boolean" ? String(input) : (KINDS[given] ?? given);
  return `${wanted}, not ${shown}`;
}

function bounded({ origin, exact }: Find<"too_small" | "too_big">, bound: number | bigint, comparison: string): string {
  const limit = `${exact ? "exactly" : comparison} ${bound}`;
  const unit = UNITS[origin];
  return unit ? `must have ${limit} ${unit}${bound === 1 ? "" : "s"}` : `must be ${limit}`;
}

/** `"a"`, or `one of "a", "b"`. */
export function oneOf(values: readonly unknown[]): string {
  const list = values.map((value) => (typeof value === "string" ? JSON.stringify(value) : String(value))).join(", ");
  return values.length === 1 ? list : `one of ${list}`;
}

/** The fields of the object that a finding is about. */
function fieldsOf({ inst }: Find<"unrecognized_keys">): string[] {
  return inst instanceof z.ZodObject ? Object.keys(inst.shape) : [];
}

/** Most fields that are listed to a writer who meant one of them. */
const LISTED_FIELDS = 12;

function unknownField(key: string, fields: readonly string[]): string {
  const meant = nearest(key, fields);
  if (meant) return `is not a field here: did you mean ${meant}?`;
  if (fields.length === 0 || fields.length > LISTED_FIELDS) return "is not a field here";
  return `is not a field here: ${fields.length === 1 ? "the only one is" : "the fields are"} ${fields.join(", ")}`;
}

z.config({ customError: messageOf });
