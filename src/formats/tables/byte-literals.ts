/** Reads numbers and missing values from bytes, without making strings of them: most of a large CSV is numbers. */
import { parseNumber } from "../../domain/datasets/cell-parsing.ts";
import type { NumericKind } from "./table.ts";

const ZERO = 0x30;
const NINE = 0x39;
const PLUS = 0x2b;
const MINUS = 0x2d;
const DOT = 0x2e;
const SPACE = 0x20;
const TAB = 0x09;
const QUESTION = 0x3f;
/** Sets the bit that distinguishes lower-case from upper-case ASCII letters. */
const LOWER = 0x20;
const LETTER_E = 0x65;
const LETTER_N = 0x6e;

/** Decimal digits that a float64 always holds exactly. */
export const EXACT_DIGITS = 15;
/** Powers of ten that a float64 holds exactly: one correctly rounded operation then gives the nearest float64 (Clinger 1990). */
export const POWERS = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent);

const isSpace = (byte: number | undefined): boolean => byte === SPACE || byte === TAB;

/** Where the cell starts after its leading spaces. */
export function skipSpaces(bytes: Uint8Array, start: number, end: number): number {
  let from = start;
  while (from < end && isSpace(bytes[from])) from++;
  return from;
}

/** Where the cell ends before its trailing spaces. */
export function dropSpaces(bytes: Uint8Array, start: number, end: number): number {
  let to = end;
  while (to > start && isSpace(bytes[to - 1])) to--;
  return to;
}

/** Whether the bytes between spaces are nothing, or a word that means missing among numbers; `everywhere`: in every column. */
export function isMissingBytes(bytes: Uint8Array, start: number, end: number, everywhere: boolean): boolean {
  const from = skipSpaces(bytes, start, end);
  if (from === end) return true;
  const first = bytes[from] as number;
  // Every word except the question mark starts with n, which decides nearly all cells.
  if (first !== QUESTION && (first | LOWER) !== LETTER_N) return false;
  const length = dropSpaces(bytes, from, end) - from;
  if (first === QUESTION) return length === 1;
  if (length < 2 || length > 4) return false;
  let word = "";
  for (let at = from; at < from + length; at++) word += String.fromCharCode((bytes[at] as number) | LOWER);
  return word === "na" || word === "n/a" || word === "nan" || word === "null" || (word === "none" && !everywhere);
}

/** The numeric value of the cell. */
export function kindOfBytes(bytes: Uint8Array, start: number, end: number): NumericKind {
  const from = skipSpaces(bytes, start, end);
  const to = dropSpaces(bytes, from, end);
  let at = from;
  if (bytes[at] === PLUS || bytes[at] === MINUS) at++;
  const digitsFrom = at;
  while (at < to && isDigit(bytes[at] as number)) at++;
  const digits = at - digitsFrom;
  if (at === to && digits > 0) {
    if (digits > 1 && bytes[digitsFrom] === ZERO) return "code";
    if (digits <= EXACT_DIGITS) return "integer";
    const value = readNumber(bytes, from, to);
    return Number.isSafeInteger(value) ? "integer" : Number.isNaN(value) ? "none" : "big";
  }
  return Number.isNaN(readNumber(bytes, from, to)) ? "none" : "number";
}

/** The finite number in the cell, or NaN: the same as `parseNumber` of its text. */
export function readNumber(bytes: Uint8Array, start: number, end: number): number {
  const from = skipSpaces(bytes, start, end);
  const to = dropSpaces(bytes, from, end);
  let at = from;
  const negative = bytes[at] === MINUS;
  if (negative || bytes[at] === PLUS) at++;
  let mantissa = 0;
  let digits = 0;
  let decimals = 0;
  for (; at < to && isDigit(bytes[at] as number); at++, digits++) mantissa = mantissa * 10 + ((bytes[at] as number) - ZERO);
  if (at < to && bytes[at] === DOT) {
    for (at++; at < to && isDigit(bytes[at] as number); at++, digits++, decimals++) {
      mantissa = mantissa * 10 + ((bytes[at] as number) - ZERO);
    }
  }
  if (digits === 0) return Number.NaN;
  const plain = at === to && digits <= EXACT_DIGITS && decimals < POWERS.length;
  if (plain) {
    const value = decimals === 0 ? mantissa : mantissa / (POWERS[decimals] as number);
    return negative ? -value : value;
  }
  // An exponent, or more digits than are exact: the engine's own conversion is correctly rounded.
  if (at < to && ((bytes[at] as number) | LOWER) !== LETTER_E) return Number.NaN;
  return parseNumber(asciiOf(bytes, from, to));
}

/** The cell as text, each byte a character. */
export function asciiOf(bytes: Uint8Array, start: number, end: number): string {
  const buffer = bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return buffer.toString("latin1", start, end);
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}
