/** Values written as text in the plain way: numbers, dates, truths. As in CSV, so in every format. */
import { parseWrittenDate } from "./written/written-dates.ts";

const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

/** A finite decimal number, or NaN. */
export function parseNumber(text: string): number {
  const trimmed = text.trim();
  const value = NUMBER.test(trimmed) ? Number(trimmed) : Number.NaN;
  return Number.isFinite(value) ? value : Number.NaN;
}

// Maps: a cell may say "constructor", which every object has.
const TRUTHS: ReadonlyMap<string, number> = new Map([
  ["true", 1],
  ["false", 0],
]);
/** What a column also accepts when its type is given. */
const LOOSE_TRUTHS: ReadonlyMap<string, number> = new Map(
  Object.entries({ t: 1, f: 0, yes: 1, no: 0, y: 1, n: 0, "1": 1, "0": 0 }),
);

/** 1 for true, 0 for false, -1 for neither. */
export function parseTruth(text: string): number {
  return TRUTHS.get(text.trim().toLowerCase()) ?? -1;
}

/** The same, with yes and no, t and f, 1 and 0. */
export function parseLooseTruth(text: string): number {
  const word = text.trim().toLowerCase();
  return TRUTHS.get(word) ?? LOOSE_TRUTHS.get(word) ?? -1;
}

/** The lower-case words that `parseLooseTruth` reads as a boolean, 0 or 1. */
export function wordsOfTruth(truth: number): string[] {
  return [...TRUTHS, ...LOOSE_TRUTHS].flatMap(([word, value]) => (value === truth ? [word] : []));
}

/** A date written year first, as in ISO 8601, in milliseconds since 1970; NaN if it is not one. */
export function parseDatetime(text: string): number {
  return parseWrittenDate(text, "ymd");
}
