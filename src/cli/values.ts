/** Values of options: parsers, which throw InvalidArgumentErrors that commander shows with the option's name, and quoting for a shell. */
import { InvalidArgumentError } from "commander";
import type { UploadOptions } from "../client/datasets.ts";
import type { LabelChanges } from "../client/jobs.ts";
import { parseMissingWords } from "../client/table-text.ts";
import { usageError } from "./exit.ts";

/** Returns a parser of whole numbers from `min` to `max`, both included. */
export function wholeNumber(min: number, max = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
    throw new InvalidArgumentError(`It must be a whole number ${range}.`);
  };
}

/** Returns a parser of finite numbers of at least `min`. */
export function numberFrom(min: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && Number.isFinite(value) && value >= min) return value;
    throw new InvalidArgumentError(`It must be a number of at least ${min}.`);
  };
}

/** Parses the value of `--early-stopping`: epochs, or 0 for off. */
export function patienceOf(text: string): number {
  return text === "off" ? 0 : wholeNumber(1)(text);
}

/** Parses names that are separated by commas. */
export function namesOf(text: string): string[] {
  return text.split(",").map((name) => name.trim());
}

type ColumnType = NonNullable<UploadOptions["types"]>[string];
const COLUMN_TYPES: readonly ColumnType[] = ["number", "integer", "boolean", "category", "datetime", "text"];

/** Parses types of columns, `name=type` with commas between. */
export function typesOf(text: string): Record<string, ColumnType> {
  return Object.fromEntries(
    namesOf(text).map((pair): [string, ColumnType] => {
      const at = pair.lastIndexOf("=");
      const type = COLUMN_TYPES.find((each) => each === pair.slice(at + 1));
      if (at < 1 || !type) throw new InvalidArgumentError(`write column=type; a type is ${COLUMN_TYPES.join(", ")}.`);
      return [pair.slice(0, at), type];
    }),
  );
}

/** Reads the value of `--missing`. Throws an InvalidArgumentError. */
export function missingOf(text: string): NonNullable<UploadOptions["missing"]> {
  const words = parseMissingWords(text);
  if (words) return words;
  throw new InvalidArgumentError("write column=word for each word, or words alone.");
}

/** Tags to set, and those to remove as null. */
export type TagArguments = Readonly<Record<string, string | null>>;

/** Adds one more `name=value`, for an option or argument that may be repeated. */
export function tagsOf(text: string, known: TagArguments = {}): TagArguments {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("write name=value, or name= to remove the tag.");
  const value = text.slice(at + 1);
  return { ...known, [text.slice(0, at)]: value === "" ? null : value };
}

/** Returns the changes of a job's or a sweep's labels; an empty note is removed. Throws a usage error if there are none. */
export function labelChanges(tags: TagArguments, note: string | undefined): LabelChanges {
  const hasTags = Object.keys(tags).length > 0;
  if (note === undefined && !hasTags) throw usageError("there is nothing to change: give name=value, or --note");
  return { ...(hasTags && { tags }), ...(note !== undefined && { note: note === "" ? null : note }) };
}
