/**
 * Reads raw values for a fitted column. Predictions in every format and evaluations read values only here, so a row has one meaning in
 * every format. Knows no format: `cellOf` turns a CSV cell into a value.
 */
import { parseLooseTruth, parseNumber } from "./cell-parsing.ts";
import {
  type ColumnReading,
  createDateReader,
  createNumberReader,
  createOddWords,
  MIN_MILLISECONDS,
  missingNumbers,
  timeOfCount,
} from "./column-reading.ts";
import { spellingKey } from "./label-spellings.ts";
import { createWordTest, isErrorWord, isMissingText, isNone } from "./missing-words.ts";
import type { EncodedColumn, TextColumn, ValueColumn } from "./preprocessing.ts";

/** A value that is present but not one of the column's labels. */
export const UNKNOWN = -1;

/**
 * Reads a raw value: null, a boolean, a number or a text. Returns a number as `encodeValue` takes it: NaN if it is missing; for a datetime,
 * milliseconds since 1970; for a label, its index in `categories`, or `UNKNOWN`. If the value cannot be read, returns a text that says what
 * would be valid.
 */
export type ValueReader = (raw: unknown) => number | string;

/** The reader of one fitted column. */
export function createValueReader(column: ValueColumn): ValueReader {
  const reading = column.reading ?? {};
  if (column.kind === "numeric") return numericReader(reading);
  if (column.kind === "datetime") return datetimeReader(reading);
  return column.boolean ? booleanReader(column.categories, reading) : createLabelReader(column.categories, reading);
}

/** Reads a raw value as a text, empty if it is missing. Returns null if it is not a text, a number or a boolean. */
export type TextReader = (raw: unknown) => string | null;

/** What a value of a text column must be. */
export const NOT_A_TEXT = "must be a text, or null if it is missing";

/** The reader of a fitted column of text. */
export function createTextReader({ reading }: TextColumn): TextReader {
  const isWord = createWordTest(reading?.missing ?? []);
  return (raw) => {
    if (isAbsent(raw)) return "";
    if (typeof raw === "object") return null;
    const text = String(raw);
    return isWord(text) ? "" : text;
  };
}

/** Turns a CSV cell into a value. Quoted text stays as it is; other text loses the spaces around it. */
export function cellOf(text: string, isQuoted: boolean, column: EncodedColumn | null): string | null {
  if (isQuoted) return text;
  // An unquoted word such as NA means missing in every column, unless the column has other words.
  const hasWords = column?.kind === "category" || column?.kind === "text";
  if (hasWords && column.reading?.missing === undefined && isMissingText(text) && !isNone(text)) return null;
  return text.trim();
}

const isAbsent = (raw: unknown): boolean => raw === null || raw === undefined;

/** If no value is a word, a word such as NA means missing, quoted or not, and so do the column's own words. */
function missingTest(reading: ColumnReading): (raw: unknown) => boolean {
  const isOdd = createOddWords(reading);
  const hasOwn = reading.missing !== undefined;
  return (raw) => {
    if (isAbsent(raw)) return true;
    if (typeof raw === "string") return isMissingText(raw) || isOdd(raw);
    return hasOwn && typeof raw === "number" && isOdd(String(raw));
  };
}

/** Whether a value is a number that a network can take: finite as float32. */
export function fitsFloat32(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(Math.fround(value));
}

function numericReader(reading: ColumnReading): ValueReader {
  const isMissing = missingTest(reading);
  const readText = createNumberReader(reading);
  const hasPercent = reading.unit === "%";
  const codes = missingNumbers(reading);
  return (raw) => {
    if (typeof raw !== "number" && isMissing(raw)) return Number.NaN;
    if (typeof raw === "string" && !hasPercent && raw.includes("%") && !Number.isNaN(readText(raw))) return PERCENT;
    const value =
      typeof raw === "string" ? readText(raw) : typeof raw === "boolean" || typeof raw === "bigint" ? Number(raw) : raw;
    if (codes.size > 0 && typeof value === "number" && codes.has(value)) return Number.NaN;
    return fitsFloat32(value) ? value : "must be a finite number that fits float32, or null if it is missing";
  };
}

/** 5% is 5 if the numbers of the table had the sign, and 0.05 if a workbook showed it. */
const PERCENT =
  "has a percent sign, which no number of the table had: write it as the table was read, such as 5 or 0.05 for 5%";

function datetimeReader(reading: ColumnReading): ValueReader {
  const isMissing = missingTest(reading);
  const format = reading.date_format ?? "ymd";
  const readText = createDateReader(reading);
  const counts = format === "epoch_s" ? "seconds" : "milliseconds";
  const expected = `must be a date or time (${WRITTEN[format]}), ${counts} since 1970, or null if it is missing`;
  return (raw) => {
    if (isMissing(raw)) return Number.NaN;
    if (typeof raw !== "number" && typeof raw !== "bigint") {
      const at = readText(String(raw));
      return Number.isFinite(new Date(at).getTime()) ? at : expected;
    }
    const count = Number(raw);
    if (Math.abs(count) < MIN_MILLISECONDS && format !== "epoch_s" && format !== "epoch_ms" && count !== 0) return SECONDS;
    const at = timeOfCount(count, format);
    return Number.isNaN(at) ? expected : at;
  };
}

const WRITTEN = {
  ymd: "ISO 8601",
  dmy: "day, month and year",
  mdy: "month, day and year",
  epoch_s: "ISO 8601",
  epoch_ms: "ISO 8601",
} as const;
const SECONDS =
  "looks like seconds since 1970, but a number is milliseconds here: multiply it by 1000, or send an ISO 8601 text (also for a time before March 1973)";

const NOT_A_LABEL = "must be a label: a text, a number or a boolean, or null if it is missing";
const INEXACT = "is a whole number beyond 2^53, which a JSON number cannot hold exactly: send it as a text";

/** Labels are `false` and `true`, however they are spelled; 0 and 1 too. */
function booleanReader(categories: readonly string[], reading: ColumnReading): ValueReader {
  const isMissing = missingTest(reading);
  const places = [categories.indexOf("false"), categories.indexOf("true")];
  return (raw) => {
    if (isMissing(raw)) return Number.NaN;
    if (typeof raw === "object") return NOT_A_LABEL;
    return places[parseLooseTruth(String(raw))] ?? UNKNOWN;
  };
}

/**
 * Reads one of some labels: as it is written, else without the spaces around it, else as the number or the truth that exactly one
 * label is (1, 1.0 and "1" are one label, and so are TRUE and true), else, where capital letters say nothing, without regard to them.
 */
export function createLabelReader(labels: readonly string[], { missing = [], case: letters }: ColumnReading = {}): ValueReader {
  const places = new Map(labels.map((label, place) => [label, place]));
  const isWord = createWordTest(missing);
  const byNumber = uniqueBy(labels, (label) => orNull(parseNumber(label)));
  const byTruth = uniqueBy(labels, (label) => truthOf(label));
  const bySpelling = letters === "ignored" ? uniqueBy(labels, spellingKey) : new Map<string, number>();
  return (raw) => {
    if (isAbsent(raw) || raw === "") return Number.NaN;
    if (typeof raw === "object") return NOT_A_LABEL;
    if (typeof raw === "number" && Number.isInteger(raw) && !Number.isSafeInteger(raw)) return INEXACT;
    const text = String(raw);
    const trimmed = text.trim();
    const exact = places.get(text) ?? places.get(trimmed);
    if (exact !== undefined) return exact;
    if (trimmed === "" || isWord(trimmed) || isErrorWord(trimmed) || isNone(trimmed)) return Number.NaN;
    const number = byNumber.size > 0 ? byNumber.get(parseNumber(trimmed)) : undefined;
    return number ?? byTruth.get(truthOf(trimmed) ?? -1) ?? bySpelling.get(spellingKey(trimmed)) ?? UNKNOWN;
  };
}

const orNull = (value: number): number | null => (Number.isNaN(value) ? null : value);

/** 0 or 1 for a text that means false or true; null for any other. */
function truthOf(text: string): number | null {
  const word = text.trim().toLowerCase();
  return word === "true" ? 1 : word === "false" ? 0 : null;
}

/** The place of the only label that has a key; labels without a key, and keys of several labels, are left out. */
function uniqueBy<Key>(labels: readonly string[], keyOf: (label: string) => Key | null): ReadonlyMap<Key, number> {
  const places = new Map<Key, number>();
  const shared = new Set<Key>();
  labels.forEach((label, place) => {
    const key = keyOf(label);
    if (key === null) return;
    if (places.has(key)) shared.add(key);
    else places.set(key, place);
  });
  for (const key of shared) places.delete(key);
  return places;
}
