/**
 * CSV (RFC 4180) from bytes to records, in one pass over chunks that may end anywhere. A record may end with LF, CRLF or CR; empty lines
 * are skipped. Knows bytes and quotes, but not what a cell means.
 */
import { isUtf8 } from "node:buffer";
import type { TrainyardError } from "../../domain/errors.ts";
import { MAX_ROW_BYTES, malformedTable, NOT_UTF8, overLimit, rowTooLong } from "../tables/table.ts";

const QUOTE = 0x22;
const SPACE = 0x20;
const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const FIRST_CAPACITY = 256 * 1024;

/** How the cell of a record was written. */
export const QUOTING = { plain: 0, quoted: 1, doubled: 2 } as const;

/** One record: the positions of its cells in `bytes`, without the quotes around them. The next record overwrites it. */
export interface CsvRecord {
  bytes: Buffer<ArrayBuffer>;
  starts: Int32Array<ArrayBuffer>;
  ends: Int32Array<ArrayBuffer>;
  /** One of `QUOTING` for each cell; `doubled`: it contains doubled quotes. */
  quoting: Uint8Array<ArrayBuffer>;
  count: number;
  /** The line that it starts on, from 1. */
  line: number;
}

export interface CsvScannerOptions {
  /** The byte of the delimiter. */
  readonly delimiter: number;
  readonly maxCellBytes: number;
  /** The line of the first byte; 1 when left out. */
  readonly firstLine?: number;
  readonly onRecord: (record: CsvRecord) => void;
}

export interface CsvScanner {
  /** Takes the next bytes. Throws malformed or too_large. */
  push(chunk: Uint8Array): void;
  /** Ends the input. */
  end(): void;
}

/** Creates a scanner at the beginning of a file. */
export function createCsvScanner({
  delimiter,
  maxCellBytes,
  firstLine: startLine = 1,
  onRecord,
}: CsvScannerOptions): CsvScanner {
  let bytes = Buffer.alloc(FIRST_CAPACITY);
  let length = 0;
  let line = startLine;
  let started = false;
  /** Line ends of the current record, its own and those within quotes. */
  let newlines = 1;
  /** Whether the last quoted cell contains doubled quotes. */
  let doubled = false;
  /** An incomplete record is scanned again only when there is twice as much of it. */
  let scanAt = 0;
  const record: CsvRecord = {
    bytes,
    starts: new Int32Array(64),
    ends: new Int32Array(64),
    quoting: new Uint8Array(64),
    count: 0,
    line,
  };
  const special = new Uint8Array(256);
  /** Where something other than spaces follows. */
  const skipBlanks = (data: Uint8Array, from: number, end: number): number => {
    let at = from;
    while (at < end && (data[at] === SPACE || data[at] === TAB) && data[at] !== delimiter) at++;
    return at;
  };
  for (const byte of [delimiter, QUOTE, LF, CR]) special[byte] = 1;

  const fail = (start: number, at: number, what: string): TrainyardError => {
    const before = bytes.subarray(start, at).toString("utf8");
    const lines = before.split(/\r\n|\n|\r/);
    return malformedTable(`line ${line + lines.length - 1}, character ${(lines.at(-1) ?? "").length + 1}: ${what}`);
  };
  const addCell = (start: number, end: number, quoting: number): void => {
    const { count } = record;
    if (end - start > maxCellBytes) {
      throw overLimit(`line ${line}, column ${count + 1}: the cell has more bytes`, maxCellBytes, "CELL_BYTES");
    }
    if (count === record.starts.length) grow(record);
    record.starts[count] = start;
    record.ends[count] = end;
    record.quoting[count] = quoting;
    record.count = count + 1;
  };

  /** The position of the quote that closes the cell whose content starts at `start`, or -1 if it has not arrived yet. */
  const closingQuote = (start: number, final: boolean): number => {
    const data = bytes;
    const size = length;
    doubled = false;
    for (let at = start; at < size; at++) {
      const byte = data[at];
      if (byte === LF) {
        newlines++;
      } else if (byte === CR) {
        if (at + 1 < size && data[at + 1] !== LF) newlines++;
      } else if (byte === QUOTE) {
        if (at + 1 >= size) return final ? at : -1;
        if (data[at + 1] !== QUOTE) return at;
        doubled = true;
        at++;
      }
    }
    return -1;
  };

  /** Adds the quoted cell that opens at `at`, and returns the position after it; -1 if it is incomplete. */
  const scanQuoted = (record: number, at: number, final: boolean): number => {
    const close = closingQuote(at + 1, final);
    if (close >= 0) {
      const after = skipBlanks(bytes, close + 1, length);
      if (after >= length && !final) return -1;
      addCell(at + 1, close, doubled ? QUOTING.doubled : QUOTING.quoted);
      return after;
    }
    if (final) throw fail(record, at, "the quote that opens here is never closed");
    if (length - at > maxCellBytes + 2) addCell(at + 1, length, QUOTING.quoted);
    return -1;
  };

  /** Adds the unquoted cell at `at`, and returns the position after it; -1 if it is incomplete. */
  const scanPlain = (record: number, at: number, final: boolean): number => {
    const data = bytes;
    const size = length;
    let end = at;
    while (end < size && special[data[end] as number] === 0) end++;
    if (end >= size && !final) return -1;
    if (end < size && data[end] === QUOTE) {
      // Spaces before a quote, as after a comma and a space, are not part of the cell.
      if (skipBlanks(data, at, end) === end) return scanQuoted(record, end, final);
      throw fail(record, end, MISPLACED_QUOTE);
    }
    addCell(at, end, QUOTING.plain);
    return end;
  };

  /** The end of the record at `start`, including its line end; -1 if it is incomplete. */
  const scanRecord = (start: number, final: boolean): number => {
    record.count = 0;
    record.line = line;
    newlines = 1;
    for (let at = start; ; at++) {
      at = at < length && bytes[at] === QUOTE ? scanQuoted(start, at, final) : scanPlain(start, at, final);
      if (at < 0) return -1;
      if (at >= length) return final ? at : -1;
      const byte = bytes[at];
      if (byte === delimiter) continue;
      if (byte === LF) return at + 1;
      if (byte !== CR) throw fail(start, at, "a closing quote must be followed by a delimiter or the end of the line");
      // The next byte decides whether this is the complete line end.
      if (at + 1 >= length && !final) return -1;
      return at + (at + 1 < length && bytes[at + 1] === LF ? 2 : 1);
    }
  };

  const scan = (final: boolean): void => {
    if (!started && length < BYTE_ORDER_MARK_BYTES && !final) return;
    let start = started ? 0 : byteOrderMark(bytes, length);
    started = true;
    const firstLine = line;
    record.bytes = bytes;
    while (start < length) {
      const end = scanRecord(start, final);
      if (end < 0) break;
      const blank = record.count === 1 && record.quoting[0] === QUOTING.plain && record.starts[0] === record.ends[0];
      if (!blank) onRecord(record);
      line += newlines;
      start = end;
    }
    checkUtf8(bytes.subarray(0, start), firstLine);
    bytes.copyWithin(0, start, length);
    length -= start;
    scanAt = start === 0 ? length * 2 : 0;
    if (length > MAX_ROW_BYTES) throw rowTooLong(`line ${line}`);
  };

  return {
    push(chunk) {
      if (length + chunk.length > bytes.length) {
        const larger = Buffer.alloc(Math.max(bytes.length * 2, length + chunk.length));
        larger.set(bytes.subarray(0, length));
        bytes = larger;
      }
      bytes.set(chunk, length);
      length += chunk.length;
      if (length >= scanAt) scan(false);
    },
    end: () => scan(true),
  };
}

const MISPLACED_QUOTE = "a quote in the middle of a cell: quote the whole cell, and double the quotes in it";

function grow(record: CsvRecord): void {
  const { starts, ends, quoting } = record;
  record.starts = new Int32Array(starts.length * 2);
  record.ends = new Int32Array(starts.length * 2);
  record.quoting = new Uint8Array(starts.length * 2);
  record.starts.set(starts);
  record.ends.set(ends);
  record.quoting.set(quoting);
}

const BYTE_ORDER_MARK_BYTES = 3;

/** The length of UTF-8's byte order mark, if there is one. */
function byteOrderMark(bytes: Uint8Array, length: number): number {
  const [first, second, third] = bytes.subarray(0, length);
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    throw malformedTable("the text is in UTF-16; save it as UTF-8, or upload it with encoding=utf-16");
  }
  return first === 0xef && second === 0xbb && third === 0xbf ? BYTE_ORDER_MARK_BYTES : 0;
}

/** Throws malformed, naming the line, unless the bytes, which end with a line, are UTF-8. */
function checkUtf8(bytes: Uint8Array, firstLine: number): void {
  if (isUtf8(bytes)) return;
  let line = firstLine;
  for (let start = 0; start < bytes.length; line++) {
    const newline = bytes.indexOf(LF, start);
    const end = newline < 0 ? bytes.length : newline + 1;
    if (!isUtf8(bytes.subarray(start, end)))
      throw malformedTable(`line ${line}, character ${badCharacter(bytes, start)}: ${NOT_UTF8}`);
    start = end;
  }
}

/** The number of the first character at or after `start` that is not UTF-8. */
function badCharacter(bytes: Uint8Array, start: number): number {
  const text = new TextDecoder().decode(bytes.subarray(start));
  return text.indexOf("\ufffd") + 1;
}
