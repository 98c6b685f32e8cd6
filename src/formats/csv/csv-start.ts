/**
 * The beginning of a CSV: lines that are not rows (Excel's `sep=;`, comments), the delimiter, and whether the first row has names. Uploads
 * and predictions both use it, so that a file means the same to both.
 */
import { parseTruth } from "../../domain/datasets/cell-parsing.ts";
import { isMissingText, isOddWord, isWordForMissing } from "../../domain/datasets/missing-words.ts";
import { isUnitCell } from "../../domain/datasets/written/known-units.ts";
import { parseWrittenDate, WRITTEN_DATES } from "../../domain/datasets/written/written-dates.ts";
import { NUMBER_FORMATS, parseInFormats } from "../../domain/datasets/written/written-numbers.ts";
import { type ByteChunks, invalidTable } from "../tables/table.ts";
import { headOf } from "./csv-head.ts";
import { type CsvRecord, createCsvScanner, QUOTING } from "./csv-scanner.ts";
import { countTitles, type NameTests, type StartRecord } from "./csv-titles.ts";

/** In the order in which they win a tie. */
const DELIMITERS = [",", ";", "\t", "|"] as const;
/** Line ends after the last byte of a file, so that the only record of a short one counts too. */
const PADDING = Buffer.from("\n\n");
/** Bytes and records at the beginning that decide. Where rows are very long, more bytes do, so that several rows are among them. */
const SAMPLE_BYTES = 64 * 1024;
const MAX_SAMPLE_BYTES = 4 * 1024 * 1024;
const SAMPLE_LINES = 10;
const SAMPLE_RECORDS = 50;
/** Number of rows below from which a number above texts counts as a name. */
const MIN_ROWS_BELOW_NUMBERS = 3;

const HASH = 0x23;
const LF = 0x0a;
const CR = 0x0d;

/** Where the rows of a CSV begin, and their delimiter. */
export interface CsvStart {
  /** The byte of the delimiter. */
  readonly delimiter: number;
  /** Bytes before the first record, and its line. */
  readonly offset: number;
  readonly firstLine: number;
  /** Lines before it that are neither rows nor empty; how many of them the sender asked to skip, from the first; and titles among them. */
  readonly skippedLines: readonly number[];
  readonly askedLines: number;
  readonly titleLines: readonly number[];
  /** Lines below the first record that belong to the names, and the names of two rows together; null where one row has them. */
  readonly nameLines: readonly number[];
  readonly names: readonly string[] | null;
  /** The cells of the first records, those with names as one. */
  readonly sample: readonly (readonly string[])[];
}

/** What the sender said about the beginning of a CSV. */
export interface CsvStartOptions {
  /** The byte of the delimiter; null if it is to be inferred. */
  readonly delimiter: number | null;
  /** Lines to skip; null if titles above the names are to be detected. */
  readonly skipLines: number | null;
  /** Whether the first record may have names, so that titles may stand above it. */
  readonly mayHaveTitles: boolean;
  /** Whether the names may take more than one record. */
  readonly mayHaveNameLines: boolean;
  readonly maxCellBytes: number;
}

/** Reads the beginning of a CSV. Throws invalid if it has fewer lines than are to be skipped. */
export async function readCsvStart(chunks: ByteChunks, options: CsvStartOptions): Promise<CsvStart> {
  const { delimiter, skipLines, maxCellBytes } = options;
  const findsTitles = skipLines === null && options.mayHaveTitles;
  const { bytes, isWhole } = await firstBytes(chunks);
  const end = isWhole ? bytes.length - PADDING.length : bytes.length;
  const cursor = { offset: markBytes(bytes), line: 1 };
  const skippedLines: number[] = [];
  for (let line = 0; line < (skipLines ?? 0); line++) {
    if (cursor.offset >= end) throw tooFewLines(line, isWhole ? null : end);
    skip(bytes, cursor, skippedLines);
  }
  const askedLines = skippedLines.length;
  const separator = /^\s*"?sep=(.)"?\s*$/i.exec(lineAt(bytes, cursor.offset).whole);
  if (separator) skip(bytes, cursor, skippedLines);
  const said = delimiter ?? separator?.[1]?.charCodeAt(0) ?? null;
  const comments = commentLines(bytes, cursor);
  const after = comments.at(-1)?.end ?? cursor.offset;
  const byte = said ?? sniffDelimiter(bytes.subarray(after), maxCellBytes, findsTitles);
  while (cursor.offset < after && startsWithComment(bytes.subarray(cursor.offset), byte, maxCellBytes)) {
    skip(bytes, cursor, skippedLines);
  }
  const records = recordsOf(bytes.subarray(cursor.offset), byte, maxCellBytes);
  const titles = findsTitles ? countTitles(records, NAME_TESTS) : 0;
  const titleLines: number[] = [];
  const linesAbove = (records[titles]?.line ?? 1) - 1;
  const linesBefore = cursor.line - 1;
  for (let line = 0; line < linesAbove && titles > 0; line++) skip(bytes, cursor, titleLines);
  const table = records.slice(titles);
  const cells = table.map((record) => record.cells);
  const head = options.mayHaveNameLines ? headOf(cells, NAME_TESTS) : { rows: 1, names: null };
  return {
    ...{ delimiter: byte, offset: cursor.offset, firstLine: cursor.line, askedLines, titleLines },
    skippedLines: [...skippedLines, ...titleLines],
    nameLines: table.slice(1, head.rows).map(({ line }) => line + linesBefore),
    names: head.names,
    sample: [head.names ?? cells[0] ?? [], ...cells.slice(head.rows)],
  };
}

/** What is wrong where more lines are to be skipped than were read: `bytes` is how many bytes they are, null for the whole file. */
function tooFewLines(lines: number, bytes: number | null): Error {
  const where = bytes === null ? "which has" : `whose first ${bytes} bytes have`;
  return invalidTable(`must be less than the number of lines of the file, ${where} ${lines}`, "/skip_lines");
}

/** Whether a record is a comment among rows: it begins with # and has another number of cells than they have. */
export function isComment({ bytes, starts, quoting, count }: CsvRecord, width: number): boolean {
  return count !== width && quoting[0] === QUOTING.plain && bytes[starts[0] as number] === HASH;
}

/** The bytes of a CSV from its first record on. */
export async function* bytesFrom(chunks: ByteChunks, offset: number): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  let left = offset;
  for await (const chunk of chunks()) {
    const dropped = Math.min(left, chunk.length);
    left -= dropped;
    yield dropped === 0 ? chunk : chunk.subarray(dropped);
  }
}

interface Cursor {
  offset: number;
  line: number;
}

/**
 * Whether a line that begins with # is not a row: it has another number of cells than the first row after it, that row has the names, or it
 * cannot be parsed as one. A single cell is not certainly a comment.
 */
function startsWithComment(bytes: Uint8Array, delimiter: number, maxCellBytes: number): boolean {
  if (bytes[0] === LF || bytes[0] === CR) return true;
  if (bytes[0] !== HASH) return false;
  const [first, ...others] = recordsOf(bytes, delimiter, maxCellBytes, false).map(({ cells }) => cells);
  const rows = others.filter(([cell = ""]) => !cell.startsWith("#"));
  const [row] = rows;
  if (first === undefined || row === undefined) return first === undefined;
  return row.length > 1 && (row.length !== first.length || areNames(rows));
}

/** Whether the first of some records certainly has the column names: all texts, and one of them above numbers. */
function areNames([first = [], ...below]: readonly (readonly string[])[]): boolean {
  return (
    first.every((cell, column) => kindOf(cell) === "text" || (cell.trim() === "" && isEmptyFrom(first, column))) &&
    first.some((_, column) => {
      const kinds = kindsIn(below.map((row) => row[column] ?? ""));
      return kinds.size > 0 && !kinds.has("text");
    })
  );
}

/** Whether no cell from a column on has anything in it. */
const isEmptyFrom = (cells: readonly string[], column: number): boolean =>
  column > 0 && cells.slice(column).every((cell) => cell.trim() === "");

const NAME_TESTS: NameTests = {
  areNames,
  mayBeNames: (rows) => guessHeader(rows).isHeader,
  isText: (cell) => ["text", "blank"].includes(kindOf(cell)),
  isBlank: (cell) => cell.trim() === "",
  isMissing: (cell) => cell.trim() !== "" && isWordForMissing(cell),
  isUnit: isUnitCell,
};

/** Lines that begin with # at a position, each with the position after it. Empty when nothing else follows them. */
function commentLines(bytes: Uint8Array, { offset }: Cursor): { readonly text: string; readonly end: number }[] {
  const lines: { text: string; end: number }[] = [];
  let at = offset;
  for (;;) {
    const { text, end } = lineAt(bytes, at);
    if (!text.startsWith("#") && (text !== "" || lines.length === 0 || end >= bytes.length)) break;
    lines.push({ text, end });
    at = end;
  }
  return at >= bytes.length ? [] : lines;
}

function skip(bytes: Uint8Array, cursor: Cursor, skipped: number[]): void {
  const { text, end } = lineAt(bytes, cursor.offset);
  if (text !== "") skipped.push(cursor.line);
  cursor.offset = end;
  cursor.line++;
}

/** The line that starts at a position, without the spaces around it, and the position after its end. */
function lineAt(bytes: Uint8Array, start: number): { readonly whole: string; readonly text: string; readonly end: number } {
  let to = start;
  while (to < bytes.length && bytes[to] !== LF && bytes[to] !== CR) to++;
  const end = to + (bytes[to] === CR && bytes[to + 1] === LF ? 2 : to < bytes.length ? 1 : 0);
  const whole = Buffer.from(bytes.subarray(start, to)).toString("latin1");
  return { whole, text: whole.trim(), end };
}

/** Bytes of the byte order mark of UTF-8. */
function markBytes([first, second, third]: Uint8Array): number {
  return first === 0xef && second === 0xbb && third === 0xbf ? 3 : 0;
}

/**
 * The delimiter that gives the first records the same number of cells, and the most of them; if none does, those below a title. A comma if
 * none divides them: the table then has one column, or reports itself where it is ragged.
 */
function sniffDelimiter(sample: Uint8Array, maxCellBytes: number, findsTitles: boolean): number {
  let best = { delimiter: DELIMITERS[0] as string, width: 1, titles: 0 };
  for (const delimiter of DELIMITERS) {
    const records = recordsOf(sample, delimiter.charCodeAt(0), maxCellBytes);
    const titles = findsTitles ? countTitles(records, NAME_TESTS) : 0;
    const width = records[titles]?.cells.length ?? 0;
    const isBetter = best.width > 1 && titles > 0 !== best.titles > 0 ? titles === 0 : width > best.width;
    const isTable = records.slice(titles).every(({ cells }) => cells.length === width || isPadded(cells, width));
    if (width > 1 && isBetter && isTable) best = { delimiter, width, titles };
  }
  return best.delimiter.charCodeAt(0);
}

/** Whether a record has more cells than a table has columns, and nothing in the others: its writer puts a delimiter behind every cell. */
const isPadded = (cells: readonly string[], width: number): boolean =>
  cells.length > width && cells.slice(width).every((cell) => cell.trim() === "");

/** The cells of the first records, comments left out; none where they cannot be read with this delimiter. */
function recordsOf(sample: Uint8Array, delimiter: number, maxCellBytes: number, dropsComments = true): StartRecord[] {
  const records: StartRecord[] = [];
  const onRecord = (record: CsvRecord): void => {
    if (records.length > SAMPLE_RECORDS) return;
    if (dropsComments && isComment(record, records[0]?.cells.length ?? record.count)) return;
    const { bytes, starts, ends, line } = record;
    const cells = Array.from({ length: record.count }, (_, cell) => bytes.toString("utf8", starts[cell], ends[cell]));
    records.push({ line, cells });
  };
  try {
    createCsvScanner({ delimiter, maxCellBytes, onRecord }).push(sample);
  } catch {
    // Not parseable with this delimiter, or broken: the real reading reports it then.
  }
  return records;
}

/** The first bytes; with `PADDING` after them where they are the whole file. */
async function firstBytes(chunks: ByteChunks): Promise<{ bytes: Uint8Array; isWhole: boolean }> {
  const parts: Uint8Array[] = [];
  let [length, lines] = [0, 0];
  const take = (bytes: Uint8Array): void => {
    parts.push(Uint8Array.from(bytes));
    length += bytes.length;
    for (const byte of bytes) if (byte === LF || byte === CR) lines++;
  };
  for await (const chunk of chunks()) {
    for (let from = 0; from < chunk.length; ) {
      const most = length < SAMPLE_BYTES ? SAMPLE_BYTES : Math.min(MAX_SAMPLE_BYTES, length + SAMPLE_BYTES);
      const piece = chunk.subarray(from, from + most - length);
      take(piece);
      from += piece.length;
      const isLong = length >= SAMPLE_BYTES && lines >= SAMPLE_LINES;
      if (isLong || length >= MAX_SAMPLE_BYTES) return { bytes: Buffer.concat(parts), isWhole: false };
    }
  }
  return { bytes: Buffer.concat([...parts, PADDING]), isWhole: true };
}

/** Whether the first row has names, and the doubts about that. */
export interface HeaderGuess {
  readonly isHeader: boolean;
  readonly doubt: string | null;
}

type Kind = "blank" | "missing" | "integer" | "number" | "date" | "truth" | "text";

/**
 * Whether the first of some records has the column names. It does if its cells are texts, all different; or if it differs in kind from the
 * rows below (a text above numbers, a number above texts), or counts, while no cell is a number with decimals or a boolean. Equal names do
 * not count against a header: the later ones are renamed.
 */
export function guessHeader([first = [], ...below]: readonly (readonly string[])[]): HeaderGuess {
  const kinds = first.map(kindOf);
  const given = first.map((cell) => cell.trim()).filter((cell) => cell !== "");
  if (given.length === 0 || kinds.includes("number") || kinds.includes("truth")) return { isHeader: false, doubt: null };
  const kindsBelow = first.map((_, column) => kindsIn(below.map((row) => row[column] ?? "")));
  const isContrast = kinds.some((kind, column) => {
    const others = kindsBelow[column] as ReadonlySet<Kind>;
    if (others.size === 0) return false;
    if (kind === "text") return !others.has("text");
    const isAboveText = others.has("text") && others.size === 1 && below.length >= MIN_ROWS_BELOW_NUMBERS;
    if (kind === "date") return isAboveText || (!others.has("date") && !others.has("text"));
    return kind === "integer" && isAboveText;
  });
  const hasNumbers = kinds.includes("integer") || kinds.includes("date");
  const isRepeated = new Set(given).size !== given.length;
  const isNames = (row: readonly string[]) => row.every((cell, column) => cell === first[column]);
  const recurring = first.find(
    (cell, column) => kinds[column] === "text" && below.some((row) => row[column] === cell && !isNames(row)),
  );
  if (!hasNumbers) {
    if (isContrast) return { isHeader: true, doubt: null };
    if (isRepeated)
      return {
        isHeader: false,
        doubt:
          "the first row was read as a row of values: two of its cells are equal, and all other rows have the same kinds of values",
      };
    const doubt = `the first row was read as names, although ${JSON.stringify(recurring)} also occurs below it`;
    return { isHeader: true, doubt: recurring === undefined ? null : doubt };
  }
  const counts =
    recurring === undefined &&
    isCount(first, kinds) &&
    (kinds.includes("text") || kindsBelow.some((kind) => kind.has("number")));
  if (!isContrast && !counts) return { isHeader: false, doubt: null };
  const numbers = first.filter((_, column) => kinds[column] === "integer" || kinds[column] === "date").slice(0, 3);
  const doubt = `the first row was read as names, although some of them are numbers (${numbers.join(", ")}): the rows below it have other kinds of values`;
  return { isHeader: true, doubt };
}

/** Whether the whole numbers of a row count from 0 or 1, or by years. */
function isCount(cells: readonly string[], kinds: readonly Kind[]): boolean {
  const numbers = cells.filter((_, column) => kinds[column] === "integer").map(Number);
  const [first = -1] = numbers;
  const startsWell = first === 0 || first === 1 || (first >= 1900 && first <= 2100);
  return numbers.length >= 2 && startsWell && numbers.every((number, index) => number === first + index);
}

function kindsIn(cells: readonly string[]): ReadonlySet<Kind> {
  return new Set(cells.map(kindOf).filter((kind) => kind !== "blank" && kind !== "missing"));
}

function kindOf(cell: string): Kind {
  const text = cell.trim();
  if (text === "") return "blank";
  if (isMissingText(text) || isOddWord(text)) return "missing";
  if (/^[+-]?\d+$/.test(text)) return "integer";
  if (parseInFormats(text, NUMBER_FORMATS)?.some((value) => !Number.isNaN(value))) return "number";
  if (WRITTEN_DATES.some((format) => !Number.isNaN(parseWrittenDate(text, format)))) return "date";
  return parseTruth(text) >= 0 ? "truth" : "text";
}
