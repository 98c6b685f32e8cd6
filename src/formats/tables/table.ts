/** The interface of every table format: cells that are visited one after another. Knows no format. */

import type { Encoding } from "../../domain/datasets/encodings.ts";
import { type ErrorCode, type FieldError, TrainyardError } from "../../domain/errors.ts";
import { POLLUTION } from "../../domain/untrusted-json.ts";

/**
 * The numeric meaning of a cell. `code` is a whole number with leading zeros: more likely a label, such as a postal code. `big` is one
 * beyond 2^53, which float64 does not hold exactly: among whole numbers more likely an id.
 */
export type NumericKind = "none" | "number" | "integer" | "code" | "big";

/**
 * Cells of a format, addressed by an index whose meaning is the format's own. They are valid only during the visit: the next row overwrites
 * them.
 */
export interface Cells {
  /** Whether there is no value, whatever the type of the column: null, nothing at all, or an unquoted word such as NA in CSV. */
  isMissing(index: number): boolean;
  /** Whether the cell is a word such as NA given as text, in quotes or in JSON: missing in a column of numbers, dates or booleans, and a label in one of labels. */
  isMissingWord(index: number): boolean;
  kind(index: number): NumericKind;
  /** Finite, or NaN if the cell is not a number. */
  number(index: number): number;
  /** Milliseconds since 1970 in UTC, or NaN if the cell is not an ISO 8601 date or date and time. */
  datetime(index: number): number;
  /** 1 for true, 0 for false, -1 for neither. */
  truth(index: number): number;
  text(index: number): string;
  /** The text of the cell as a label, where that is not the text that numbers are read from. */
  label?(index: number): string;
  /** Whether the cell is a text, whose meaning depends on how its column is read; else the format says what it is. */
  isText(index: number): boolean;
  /** Whether the format has only text, so that a text may be a number: CSV. */
  readonly untyped: boolean;
  /** The place of the cell, for a message. */
  place(index: number): string;
  /** The line of the cell in the file; null in a format without lines. */
  line(index: number): number | null;
}

/** Called for every cell, rows in order; rows and columns count from 0. A format may leave out cells that are missing. */
export type Visit = (row: number, column: number, cells: Cells, index: number) => void;

export interface TableExtent {
  readonly rows: number;
  /** Names of the columns, all different. */
  readonly names: readonly string[];
  /** For CSV: the lines that are not rows. */
  readonly csv?: CsvLayout;
  /** Of CSV: the encoding that was found where the text is not UTF-8. */
  readonly encoding?: Encoding;
  /** Of a workbook: the sheet that was read, and the others that can be seen. */
  readonly sheet?: { readonly name: string; readonly others: readonly string[] };
}

/** How the rows of a CSV stand in the file. */
export interface CsvLayout {
  readonly delimiter: string;
  readonly hasHeader: boolean;
  /** The doubts about the header; null if it is certain, or the sender said it. */
  readonly headerDoubt: string | null;
  /** The first lines that were passed over, titles, comments and `sep=;`, and how many there are. */
  readonly skippedLines: readonly number[];
  readonly skipped: number;
  /** How many of them the sender asked to skip, from the first. */
  readonly askedLines: number;
  /** Those of them that stand above the names as a title, and the line of the names. */
  readonly titleLines: readonly number[];
  readonly namesLine: number;
  /** Lines below it that belong to the names, and the columns that it gives no name. */
  readonly nameLines: readonly number[];
  readonly unnamed: readonly number[];
  /** Columns whose name an earlier one has. */
  readonly renamed: readonly RenamedColumn[];
  /** Notes below the rows: their lines, and how many of the last rows are none but such notes. */
  readonly notes: { readonly rows: number; readonly lines: readonly number[] };
}

/** A table that can be read several times. */
export interface Table {
  /** Throws malformed, invalid or too_large, with the line and column of the cause. */
  scan(visit: Visit): Promise<TableExtent>;
}

/** The bytes of a table, decompressed, from their beginning each time. A chunk is valid until the next one is requested. */
export type ByteChunks = () => AsyncIterable<Uint8Array<ArrayBuffer>>;

/** The limits that a format itself can check. */
export interface TableLimits {
  readonly rows: number;
  readonly columns: number;
  readonly cellBytes: number;
}

/** Maximum bytes of one row: they are held to find its end. */
export const MAX_ROW_BYTES = 16 * 1024 * 1024;

/** Of text that is none, with the way out. */
export const NOT_UTF8 =
  "not UTF-8: save the file as UTF-8, or upload it with encoding=latin1 (or utf-16, shift_jis, ...) if it is that";

/** The content does not match the format. */
export function malformedTable(detail: string): TrainyardError {
  return new TrainyardError("malformed", detail, [{ pointer: "", detail }]);
}

/** The format allows it, but a table does not. */
export function invalidTable(detail: string, pointer = ""): TrainyardError {
  return tableError("invalid", detail, [{ pointer, detail }]);
}

/** Over a limit: `what` was found, and the limit's variable. */
export function overLimit(what: string, limit: number, variable: string): TrainyardError {
  const detail = `${what} than the limit of ${limit} (TRAINYARD_MAX_${variable})`;
  return tableError("too_large", detail, [{ pointer: "", detail }]);
}

/** One row is longer than the bytes that are held to find its end. */
export function rowTooLong(where: string): TrainyardError {
  const detail = `${where}: the row has more than ${MAX_ROW_BYTES} bytes`;
  return tableError("too_large", detail, [{ pointer: "", detail }]);
}

function tableError(code: ErrorCode, detail: string, errors: readonly FieldError[]): TrainyardError {
  return new TrainyardError(code, detail, errors);
}

/** The name that a header cell gives to the column at `index`: without spaces around it, or a name by its index. */
export function nameAt(cell: string, index: number): string {
  return cell.trim() === "" ? `column_${index + 1}` : cell.trim();
}

/** A name of a column that an earlier one has as well, and the name that it has instead. */
export interface RenamedColumn {
  readonly given: string;
  readonly name: string;
}

/** The names of header cells, each as `nameAt` returns it. One that repeats an earlier one gets the next free number: a, a_2, a_3. */
export function distinctNames(given: readonly string[]): {
  readonly names: string[];
  readonly renamed: readonly RenamedColumn[];
} {
  const wanted = given.map(nameAt);
  const taken = new Set(wanted);
  const seen = new Map<string, number>();
  const renamed: RenamedColumn[] = [];
  const names = wanted.map((own) => {
    let place = (seen.get(own) ?? 0) + 1;
    if (place > 1) while (taken.has(`${own}_${place}`)) place++;
    seen.set(own, place);
    if (place === 1) return own;
    const name = `${own}_${place}`;
    taken.add(name);
    renamed.push({ given: own, name });
    return name;
  });
  return { names, renamed };
}

/** The names of a table: each as `nameAt` returns it; equal ones are refused. */
export function columnNames(given: readonly string[]): string[] {
  const names = given.map(nameAt);
  const first = new Map<string, number>();
  names.forEach((name, index) => {
    if (name === "__proto__") throw invalidTable(`column ${index + 1}: __proto__ ${POLLUTION}`);
    const earlier = first.get(name);
    if (earlier !== undefined) {
      throw invalidTable(`columns ${earlier + 1} and ${index + 1} are both called ${JSON.stringify(name)}`);
    }
    first.set(name, index);
  });
  return names;
}

/** Checks a table's number of rows and columns; `where` is the place that was reached. */
export function checkExtent(rows: number, columns: number, limits: TableLimits, where = ""): void {
  const at = where && `${where}: `;
  if (rows > limits.rows) throw overLimit(`${at}the table has more rows`, limits.rows, "DATASET_ROWS");
  if (columns > limits.columns) {
    throw overLimit(`${at}the table has ${columns} columns, more`, limits.columns, "DATASET_COLUMNS");
  }
}
