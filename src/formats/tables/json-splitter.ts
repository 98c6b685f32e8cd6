/**
 * Finds the values within a large JSON text without holding it: bytes come in chunks that may end anywhere, and each requested value is
 * passed to JSON.parse by itself. Knows the grammar's brackets and strings, but no tables.
 */
import type { TrainyardError } from "../../domain/errors.ts";
import { POLLUTION, parseExactJson, pollutionIn } from "../../domain/untrusted-json.ts";
import { findJsonFault } from "./json-fault.ts";
import { invalidTable, MAX_ROW_BYTES, malformedTable, NOT_UTF8, rowTooLong } from "./table.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LF = 0x0a;
const COMMA = 0x2c;
/** The meaning of a byte outside of strings for finding the end of a value. */
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
  /** Returns the next non-blank byte without taking it; -1 at the end. */
  peek(): Reading<number>;
  /** Takes the next non-blank byte, which must be this character. */
  expect(character: string): Reading<void>;
  /** Takes the next value, parsed. */
  value(): Reading<unknown>;
  /**
   * Takes comma-separated values as long as `read` accepts them: it gets a byte and its line, and returns the end of the value, or a
   * negative number. True: the last value was taken. False: the next value is one that `read` does not accept. The available bytes are
   * followed by a 0, which no JSON contains: a reader that stops at it never reads beyond the end, which would be slow.
   */
  takeRows(read: (bytes: Buffer, start: number, line: number) => number): boolean;
  /** The line of the last byte that was read. */
  readonly line: number;
  /** An error at the next byte. */
  fail(what: string): TrainyardError;
}

export interface JsonFeed {
  /** Continues with more bytes. Throws malformed, invalid or too_large. */
  push(chunk: Uint8Array): void;
  /** Ends the input. */
  end(): void;
}

/** Runs a reader over the bytes that it is fed with. */
export function createJsonFeed(read: (splitter: JsonSplitter) => Reading<void>): JsonFeed {
  let bytes = Buffer.alloc(0);
  /** The same bytes followed by a 0; may be longer. */
  let padded = Buffer.alloc(1);
  let at = 0;
  let started = false;
  let ended = false;
  let line = 1;
  /** The position in `bytes` at which the line of `at` starts, and the number of its characters that are no longer in `bytes`. */
  let lineStart = 0;
  let charactersBefore = 0;
  /** The first line end at or after `at`: searched only once, because a text of one line has none for megabytes. */
  let newline = Number.POSITIVE_INFINITY;

  const nextNewline = (from: number): number => {
    const found = bytes.indexOf(LF, from);
    return found < 0 ? Number.POSITIVE_INFINITY : found;
  };
  /** Moves to a byte, counting the lines in between. */
  const advance = (to: number): void => {
    if (newline < to) {
      charactersBefore = 0;
      // Byte by byte: lines of indented text are short.
      for (let place = newline; place < to; place++) {
        if (bytes[place] !== LF) continue;
        line++;
        lineStart = place + 1;
      }
      newline = nextNewline(to);
    }
    at = to;
  };
  const charactersToHere = (): number => charactersBefore + bytes.toString("utf8", lineStart, at).length;
  const fail = (what: string): TrainyardError => malformedTable(`line ${line}, character ${charactersToHere() + 1}: ${what}`);

  /** The first non-blank byte from a position on; the 0 after all bytes does not count. */
  const skipBlanks = (from: number): number => {
    let next = from;
    while (CLASS[padded[next] as number] === BYTE.blank) next++;
    return next;
  };

  function* peek(): Reading<number> {
    for (;;) {
      advance(skipBlanks(at));
      if (at < bytes.length) return bytes[at] as number;
      if (ended) return -1;
      yield;
    }
  }

  /** The end of the value that starts at `at`; it may lie beyond the available bytes. */
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
    takeRows(read) {
      for (;;) {
        const end = read(padded, at, line);
        if (end < 0) return false;
        advance(end);
        let next = skipBlanks(at);
        if (padded[next] !== COMMA) return true;
        next = skipBlanks(next + 1);
        advance(next);
      }
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
    if (!started && bytes.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK)) lineStart = at = BYTE_ORDER_MARK.length;
    started = true;
    proceed();
  };
  return {
    push(chunk) {
      charactersBefore = charactersToHere();
      const rest = bytes.subarray(at);
      const length = rest.length + chunk.length;
      // Twice as long as needed, so that a value over many chunks is moved rarely, and most chunks need no new buffer.
      const target = length < padded.length ? padded : Buffer.allocUnsafe(2 * length + 1);
      target.set(rest);
      target.set(chunk, rest.length);
      target[length] = 0;
      padded = target;
      bytes = padded.subarray(0, length);
      lineStart = at = 0;
      newline = nextNewline(0);
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
