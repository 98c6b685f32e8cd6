/**
 * Reads plain rows of JSON from bytes: an object or an array without nesting, whose keys are known. JSON.parse would create an object,
 * strings and keys for each row, which took most of the time of an upload. Rows that are not plain, valid and complete are left to the
 * parser (json-splitter.ts), which knows all of JSON and reports errors; this file reports none.
 */
import { isUtf8 } from "node:buffer";
import { EXACT_DIGITS, POWERS } from "./byte-literals.ts";
import { createTextCache } from "./text-cache.ts";
import type { CellValue } from "./value-cells.ts";

/** A row: `count` cells, each with its column. Valid until the next one is read. */
export interface PlainRow {
  readonly columns: readonly number[];
  /** Cells that are not float64. */
  readonly values: readonly CellValue[];
  /** Cells that are float64, where `isNumber` says so: in a separate array, a number needs no object on the heap. */
  readonly numbers: readonly number[];
  readonly isNumber: readonly boolean[];
  readonly count: number;
}

/** Reads rows one by one; each method returns the end of the row, or -1 to leave it to the parser. */
export interface JsonRowReader {
  /** Reads an object. `columnOf` returns the column of a key, undefined for a new one. */
  object(bytes: Buffer, start: number, columnOf: (key: string) => number | undefined): number;
  /** Reads an array; its columns count from 0. */
  array(bytes: Buffer, start: number): number;
  readonly row: PlainRow;
}

const [TAB, LF, CR, SPACE, QUOTE, COMMA, MINUS, PLUS, DOT] = [0x09, 0x0a, 0x0d, 0x20, 0x22, 0x2c, 0x2d, 0x2b, 0x2e];
const [ZERO, NINE, COLON, OPEN_ARRAY, BACKSLASH, CLOSE_ARRAY] = [0x30, 0x39, 0x3a, 0x5b, 0x5c, 0x5d];
const [LETTER_E, LETTER_F, LETTER_N, LETTER_T, OPEN, CLOSE] = [0x65, 0x66, 0x6e, 0x74, 0x7b, 0x7d];
/** Sets the bit that distinguishes lower-case from upper-case ASCII letters. */
const LOWER = 0x20;
const HIGH = 0x80;
const NONE = -1;

/** A key at its usual position in a row: as it is written, with its quotes. */
interface KnownKey {
  readonly written: Uint8Array;
  readonly column: number;
}

/** Creates a reader of the rows of one table. */
export function createJsonRowReader(): JsonRowReader {
  const texts = createTextCache();
  const columns: number[] = [];
  const values: CellValue[] = [];
  const numbers: number[] = [];
  const isNumber: boolean[] = [];
  /** By position in the row: rows of a table have the same keys in the same order. */
  const keys: KnownKey[] = [];
  /** The row in which a column was last seen: repeated keys are left to the parser. */
  const seenIn: number[] = [];
  let rowNumber = 0;
  let count = 0;
  let at = 0;
  let value: CellValue;

  const skipBlanks = (bytes: Buffer): void => {
    let byte = bytes[at];
    while (byte === SPACE || byte === LF || byte === CR || byte === TAB) byte = bytes[++at];
  };

  /** Moves past a known key, and returns its column; -1 if there is none. */
  const readKey = (bytes: Buffer, columnOf: (key: string) => number | undefined): number => {
    const known = keys[count];
    if (known) {
      const { written } = known;
      let index = 0;
      while (index < written.length && bytes[at + index] === written[index]) index++;
      if (index === written.length) {
        at += index;
        return known.column;
      }
    }
    const start = at;
    if (bytes[at] !== QUOTE || !readText(bytes)) return NONE;
    const column = columnOf(value as string);
    if (column === undefined) return NONE;
    keys[count] = { written: new Uint8Array(bytes.subarray(start, at)), column };
    return column;
  };

  /** Moves past a text into `value`. */
  const readText = (bytes: Buffer): boolean => {
    const start = at + 1;
    let end = start;
    let hash = 0;
    let all = 0;
    let isEscaped = false;
    let byte = bytes[end] as number;
    while (byte !== QUOTE) {
      if (!(byte >= SPACE)) return false;
      if (byte === BACKSLASH) {
        isEscaped = true;
        byte = bytes[++end] as number;
        if (!(byte >= SPACE)) return false;
      }
      all |= byte;
      hash = (hash * 31 + byte) | 0;
      byte = bytes[++end] as number;
    }
    at = end + 1;
    if (isEscaped) return readEscaped(bytes, start - 1);
    if (all < HIGH) value = texts.textAt(bytes, start, end, hash);
    else if (isUtf8(bytes.subarray(start, end))) value = bytes.toString("utf8", start, end);
    else return false;
    return true;
  };

  const readEscaped = (bytes: Buffer, start: number): boolean => {
    const written = bytes.subarray(start, at);
    if (!isUtf8(written)) return false;
    try {
      value = JSON.parse(written.toString("utf8")) as string;
      return true;
    } catch {
      return false;
    }
  };

  /** Moves past a number into `numbers`, or into `value` if it is a bigint: whole numbers stay exact, as in `parseExactJson`. */
  const readNumber = (bytes: Buffer): boolean => {
    const start = at;
    let next = at;
    const isNegative = bytes[next] === MINUS;
    if (isNegative) next++;
    const first = next;
    let mantissa = 0;
    let byte = bytes[next] as number;
    while (byte >= ZERO && byte <= NINE) {
      mantissa = mantissa * 10 + (byte - ZERO);
      byte = bytes[++next] as number;
    }
    let digits = next - first;
    if (digits === 0 || (digits > 1 && bytes[first] === ZERO)) return false;
    let decimals = 0;
    if (byte === DOT) {
      const point = next;
      byte = bytes[++next] as number;
      while (byte >= ZERO && byte <= NINE) {
        mantissa = mantissa * 10 + (byte - ZERO);
        byte = bytes[++next] as number;
      }
      decimals = next - point - 1;
      if (decimals === 0) return false;
      digits += decimals;
    }
    const hasExponent = (byte | LOWER) === LETTER_E;
    if (hasExponent) {
      byte = bytes[++next] as number;
      if (byte === PLUS || byte === MINUS) byte = bytes[++next] as number;
      const exponent = next;
      while (byte >= ZERO && byte <= NINE) byte = bytes[++next] as number;
      if (next === exponent) return false;
    }
    at = next;
    if (digits <= EXACT_DIGITS && !hasExponent) {
      const size = decimals === 0 ? mantissa : mantissa / (POWERS[decimals] as number);
      numbers[count] = isNegative ? -size : size;
      isNumber[count] = true;
      return true;
    }
    const text = bytes.toString("latin1", start, next);
    const number = Number(text);
    isNumber[count] = decimals > 0 || hasExponent || Number.isSafeInteger(number);
    if (isNumber[count]) numbers[count] = number;
    else value = BigInt(text);
    return true;
  };

  const readWord = (bytes: Buffer, word: string, meaning: CellValue): boolean => {
    for (let index = 1; index < word.length; index++) if (bytes[at + index] !== word.charCodeAt(index)) return false;
    at += word.length;
    value = meaning;
    return true;
  };

  const readValue = (bytes: Buffer): boolean => {
    isNumber[count] = false;
    switch (bytes[at]) {
      case QUOTE:
        return readText(bytes);
      case LETTER_N:
        return readWord(bytes, "null", null);
      case LETTER_T:
        return readWord(bytes, "true", true);
      case LETTER_F:
        return readWord(bytes, "false", false);
      default:
        return readNumber(bytes);
    }
  };

  /** Whether another value follows, past its comma; null if the grammar is violated. */
  const isMore = (bytes: Buffer, closing: number): boolean | null => {
    skipBlanks(bytes);
    const byte = bytes[at++];
    return byte === COMMA ? true : byte === closing ? false : null;
  };

  const endCell = (): void => {
    if (!isNumber[count]) values[count] = value;
    count++;
  };

  const start = (bytes: Buffer, from: number, opening: number): boolean => {
    at = from + 1;
    count = 0;
    rowNumber++;
    return bytes[from] === opening;
  };

  return {
    object(bytes, from, columnOf) {
      if (!start(bytes, from, OPEN)) return NONE;
      for (;;) {
        skipBlanks(bytes);
        const column = readKey(bytes, columnOf);
        if (column === NONE || seenIn[column] === rowNumber) return NONE;
        seenIn[column] = rowNumber;
        skipBlanks(bytes);
        if (bytes[at++] !== COLON) return NONE;
        skipBlanks(bytes);
        if (!readValue(bytes)) return NONE;
        columns[count] = column;
        endCell();
        const hasMore = isMore(bytes, CLOSE);
        if (hasMore === null) return NONE;
        if (!hasMore) return at;
      }
    },
    array(bytes, from) {
      if (!start(bytes, from, OPEN_ARRAY)) return NONE;
      for (;;) {
        skipBlanks(bytes);
        if (!readValue(bytes)) return NONE;
        columns[count] = count;
        endCell();
        const hasMore = isMore(bytes, CLOSE_ARRAY);
        if (hasMore === null) return NONE;
        if (!hasMore) return at;
      }
    },
    row: {
      columns,
      values,
      numbers,
      isNumber,
      get count() {
        return count;
      },
    },
  };
}
