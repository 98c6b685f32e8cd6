/** What every format of tables comes to: cells that are visited one after another. Knows no format. */

import type { Encoding } from "../../domain/datasets/encodings.ts";
import { type ErrorCode, type FieldError, TrainyardError } from "../../domain/errors.ts";
import { POLLUTION } from "../../domain/untrusted-json.ts";

/**
 * What a cell is as a number. `code` is a whole number with leading zeros: more likely a label, as a postal code is. `big` is one
 * beyond 2^53, which float64 does not hold exactly: among whole numbers more likely an id.
 */
export type NumericKind = "none" | "number" | "integer" | "code" | "big";

/**
 * Cells of a format, addressed by an index whose meaning is the format's own. They are valid during the visit alone: the next
 * row overwrites them.
 */
export interface Cells {
  /** Whether there is no value, whatever the column holds: null, nothing at all, or a word such as NA that CSV has without quotes. */
  isMissing(index: number): boolean;
  /** Whether the cell is a word such as NA given as text, in quotes or in JSON: missing in a column of numbers, dates or booleans, and a label in one of labels. */
  isMissingWord(index: number): boolean;
  kind(index: number): NumericKind;
  /** Finite, or NaN when the cell is no number. */
  number(index: number): number;
  /** Milliseconds since 1970 in UTC, or NaN when the cell is no ISO 8601 date or date and time. */
  datetime(index: number): number;
  /** 1 for true, 0 for false, -1 for neither. */
  truth(index: number): number;
  text(index: number): string;
  /** The text of the cell as a label, where that is not the text that numbers are read from. */
  label?(index: number): string;
  /** Whether the cell is a text, whose meaning depends on how its column is read; else the format says what it is. */
  isText(index: number): boolean;
  /** Whether all that the format has is text, so that a text may be a number: CSV. */
  readonly untyped: boolean;
  /** Where the cell stands, for a message. */
  place(index: number): string;
  /** The line of the file that the cell is on; null in a format that has none. */
  line(index: number): number | null;
}

/** Called for every cell, rows in order; rows and columns count from 0. A format may leave out cells that are missing. */
export type Visit = (row: number, column: number, cells: Cells, index: number) => void;

export interface TableExtent {
  readonly rows: number;
  /** Names of the columns, all different. */
  readonly names: readonly string[];
  /** Of CSV: what was made of the lines that are no rows. */
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
  /** What speaks for or against the header, where it is not certain; null where it is, or was said. */
  readonly headerDoubt: string | null;
  /** The first lines that were passed over, titles, comments and `sep=;`, and how many there are. */
  readonly skippedLines: readonly number[];
  readonly skipped: number;
  /** How many of them, the first ones, were to be passed over. */
  readonly askedLines: number;
  /** Those of them that stand above the names as a title, and the line of the names. */
  readonly titleLines: readonly number[];
  readonly namesLine: number;
  /** Lines below it that belong to the names, and the columns that it gives no name. */
  readonly nameLines: readonly number[];
  readonly unnamed: readonly number[];
  /** Notes below the rows: their lines, and how many of the last rows are none but such notes. */
  readonly notes: { readonly rows: number; readonly lines: readonly number[] };
}

/** A table that can be walked through several times. */
export interface Table {
  /** Throws malformed, invalid or too_large, with the line and column that are the cause. */
  scan(visit: Visit): Promise<TableExtent>;
}

/** The bytes of a table, unpacked, from their beginning each time. A chunk is valid until the next one is asked for. */
export type ByteChunks = () => AsyncIterable<Uint8Array<ArrayBuffer>>;

/** The limits that a format itself can hold a table to. */
export interface TableLimits {
  readonly rows: number;
  readonly columns: number;
  readonly cellBytes: number;
}

/** Bytes of one row at most, whatever its cells: what is held to find its end. */
export const MAX_ROW_BYTES = 16 * 1024 * 1024;

/** Of text that is none, with the way out. */
export const NOT_UTF8 =
  "not UTF-8: save the file as UTF-8, or upload it with encoding=latin1 (or utf-16, shift_jis, ...) if it is that";

/** Not what the format says. */
export function malformedTable(detail: string): TrainyardError {
  return new TrainyardError("malformed", detail, [{ pointer: "", detail }]);
}

/** What the format allows, and a table does not. */
export function invalidTable(detail: string, pointer = ""): TrainyardError {
  return tableError("invalid", detail, [{ pointer, detail }]);
}

/** Over a limit: `what` was found, and the limit's variable. */
export function overLimit(what: string, limit: number, variable: string): TrainyardError {
  const detail = `${what} than the limit of ${limit} (TRAINYARD_MAX_${variable})`;
  return tableError("too_large", detail, [{ pointer: "", detail }]);
}

/** One row is longer than what is held to find its end. */
export function rowTooLong(where: string): TrainyardError {
  const detail = `${where}: the row has more than ${MAX_ROW_BYTES} bytes`;
  return tableError("too_large", detail, [{ pointer: "", detail }]);
}

function tableError(code: ErrorCode, detail: string, errors: readonly FieldError[]): TrainyardError {
  return new TrainyardError(code, detail, errors);
}

/** The name that a cell of a header gives to the column at `index`: without spaces around it, or called by its place. */
export function nameAt(cell: string, index: number): string {
  return cell.trim() === "" ? `column_${index + 1}` : cell.trim();
}

/** Names as a table must have them: each as `nameAt` says; two that are equal are refused. */
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

/** Holds a table to its number of rows and columns; `where` is the place that was come to. */
export function checkExtent(rows: number, columns: number, limits: TableLimits, where = ""): void {
  const at = where && `${where}: `;
  if (rows > limits.rows) throw overLimit(`${at}the table has more rows`, limits.rows, "DATASET_ROWS");
  if (columns > limits.columns) {
    throw overLimit(`${at}the table has ${columns} columns, more`, limits.columns, "DATASET_COLUMNS");
  }
}
