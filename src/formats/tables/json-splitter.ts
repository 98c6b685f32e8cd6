/**
 * Finds the values within a large JSON text without holding it: bytes come in chunks that may end anywhere, and each value
 * that a reader asks for is handed to JSON.parse by itself. Knows the grammar's brackets and strings, no tables.
 */
import type { TrainyardError } from "../../domain/errors.ts";
import { POLLUTION, parseExactJson, pollutionIn } from "../../domain/untrusted-json.ts";
import { findJsonFault } from "./json-fault.ts";
import { invalidTable, MAX_ROW_BYTES, malformedTable, NOT_UTF8, rowTooLong } from "./table.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LF = 0x0a;
/** What a byte outside of strings means to the search for the end of a value. */
const BYTE = { other: 0, blank: 1, opening: 2, closing: 3, separator: 4, quote: 5 } as const;
const CLASS = new Uint8Array(256);
for (const character of " \t\n\r") CLASS[character.charCodeAt(0)] = BYTE.blank;
for (const character of "[{") CLASS[character.charCodeAt(0)] = BYTE.opening;
for (const character of "]}") CLASS[character.charCodeAt(0)] = BYTE.closing;
for (const character of ",:") CLASS[character.charCodeAt(0)] = BYTE.separator;
CLASS[QUOTE] = BYTE.quote;
const BYTE_ORDER_MARK = Buffer.from("\ufeff");

/** A reader is a generator that yields when it needs more bytes. */
export type Reading<T> = Generator<void, T, void>;

export interface JsonSplitter {
  /** The next byte that is not blank, left where it is; -1 at the end. */
  peek(): Reading<number>;
  /** Takes the next byte that is not blank, which must be this character. */
  expect(character: string): Reading<void>;
  /** Takes the next value, parsed. */
  value(): Reading<unknown>;
  /** The line of the byte that was looked at last. */
  readonly line: number;
  /** An error at the byte that comes next. */
  fail(what: string): TrainyardError;
}

export interface JsonFeed {
  /** Reads on with more bytes. Throws malformed, invalid or too_large. */
  push(chunk: Uint8Array): void;
  /** There are no more bytes. */
  end(): void;
}

/** Runs a reader over the bytes that it is fed with. */
export function createJsonFeed(read: (splitter: JsonSplitter) => Reading<void>): JsonFeed {
  let bytes = Buffer.alloc(0);
  let at = 0;
  let started = false;
  let ended = false;
  let line = 1;
  /** Characters of the line before `at` that are not in `bytes` any more. */
  let charactersBefore = 0;

  /** Moves to a byte, counting the lines between. */
  const advance = (to: number): void => {
    let lineStart = -1;
    for (let newline = bytes.indexOf(LF, at); newline >= 0 && newline < to; newline = bytes.indexOf(LF, newline + 1)) {
      line++;
      lineStart = newline + 1;
    }
    const characters = bytes.toString("utf8", lineStart < 0 ? at : lineStart, to).length;
    charactersBefore = (lineStart < 0 ? charactersBefore : 0) + characters;
    at = to;
  };
  const fail = (what: string): TrainyardError => malformedTable(`line ${line}, character ${charactersBefore + 1}: ${what}`);

  function* peek(): Reading<number> {
    for (;;) {
      let next = at;
      while (next < bytes.length && CLASS[bytes[next] as number] === BYTE.blank) next++;
      advance(next);
      if (at < bytes.length) return bytes[at] as number;
      if (ended) return -1;
      yield;
    }
  }

  /** Where the value that starts at `at` ends; it may be beyond the bytes that are there at first. */
  function* endOfValue(): Reading<number> {
    let depth = 0;
    let inString = false;
    for (let offset = 0; ; offset++) {
      while (at + offset >= bytes.length) {
        if (ended) return bytes.length;
        if (offset > MAX_ROW_BYTES) throw rowTooLong(`line ${line}`);
        yield;
      }
      const byte = bytes[at + offset] as number;
      if (inString) {
        if (byte === BACKSLASH) offset++;
        if (byte !== QUOTE) continue;
        inString = false;
        if (depth === 0) return at + offset + 1;
        continue;
      }
      const kind = CLASS[byte];
      if (kind === BYTE.quote) inString = true;
      else if (kind === BYTE.opening) depth++;
      else if (depth === 0 && kind !== BYTE.other) return at + offset;
      else if (kind === BYTE.closing && --depth === 0) return at + offset + 1;
    }
  }

  const splitter: JsonSplitter = {
    peek,
    *expect(character) {
      const byte = yield* peek();
      if (byte !== character.charCodeAt(0))
        throw fail(byte < 0 ? `the text ends before its ${character}` : `expected ${character}`);
      advance(at + 1);
    },
    *value() {
      if ((yield* peek()) < 0) throw fail("the text ends where a value should be");
      const end = yield* endOfValue();
      const parsed = parseJson(bytes.subarray(at, end), fail, advance, at);
      advance(end);
      return parsed;
    },
    get line() {
      return line;
    },
    fail,
  };

  const reading = read(splitter);
  let done = false;
  const proceed = (): void => {
    if (!done) done = reading.next().done === true;
  };
  /** Reads once it is known whether the text starts with a byte order mark. */
  const start = (known: boolean): void => {
    if (!known) return;
    if (!started && bytes.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK)) at = BYTE_ORDER_MARK.length;
    started = true;
    proceed();
  };
  return {
    push(chunk) {
      bytes = at < bytes.length ? Buffer.concat([bytes.subarray(at), chunk]) : Buffer.from(chunk);
      at = 0;
      start(started || bytes.length >= BYTE_ORDER_MARK.length);
    },
    end() {
      ended = true;
      start(true);
    },
  };
}

function parseJson(
  bytes: Buffer,
  fail: (what: string) => TrainyardError,
  advance: (to: number) => void,
  start: number,
): unknown {
  let text: string;
  try {
    text = UTF8.decode(bytes);
  } catch {
    throw fail(`the value is ${NOT_UTF8}`);
  }
  let value: unknown;
  try {
    value = parseExactJson(text);
  } catch {
    const { at, expected } = findJsonFault(text);
    advance(start + Buffer.byteLength(text.slice(0, at)));
    throw fail(`expected ${expected}`);
  }
  const pollution = pollutionIn(text, value);
  if (pollution !== null) throw invalidTable(`${pollution} ${POLLUTION}`);
  return value;
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
