/**
 * Which records of a CSV below its names are rows. Comments, repeated names and empty lines among them are none, and neither are notes
 * below the last one. Knows records, nothing of what a file begins with.
 */

import { invalidTable } from "../tables/table.ts";
import type { CsvCells } from "./csv-cells.ts";
import type { CsvRecord } from "./csv-scanner.ts";
import { isComment } from "./csv-start.ts";

/** Lines that are named. */
export const SHOWN_LINES = 10;
/** Columns from which a row with one cell is no row of the table. */
const MIN_COLUMNS = 3;
/** How a note below a table begins, in some of its languages: with a sign of a footnote, or with a word for what it is. */
const NOTE =
  /^(?:[*†‡§¹²³©([]|(?:notes?|sources?|quellen?|hinweise?|anmerkung(?:en)?|stand|legende?|remarques?|fuente|nota|fonte|bron|total rows|rows|records|generated|exported|erstellt)\b|[注註※]|出典|出所|資料|来源)|^[^:]{2,40}: /iu;

/** What the names of a table say of its rows. */
export interface NamedRows {
  /** Columns of the table. */
  readonly width: number;
  /** The record with the names, and lines below it that belong to it; null where no row has names. */
  readonly names: CsvRecord | null;
  readonly nameLines: readonly number[];
  /** Whether every record below the names is a row, but comments. */
  readonly all: boolean;
}

/** Tells the rows among the records of a table, one after the other. */
export class CsvRows {
  readonly #table: NamedRows;
  readonly #nameLines: ReadonlySet<number>;
  readonly #isNames: (record: CsvRecord) => boolean;
  /** What is wrong with a record that is too short, unless no row follows it. */
  #fault: Error | null = null;
  #isAfterGap = false;
  #noteRows = 0;
  readonly #noteLines: number[] = [];
  readonly #skippedLines: number[] = [];
  #skipped = 0;

  constructor(table: NamedRows) {
    this.#table = table;
    this.#nameLines = new Set(table.nameLines);
    this.#isNames = table.names ? createNamesTest(table.names) : () => false;
  }

  /** Whether a record is a row. A note counts as one until it is known whether rows follow, if it has all cells. Throws invalid for a row of another width. */
  take(record: CsvRecord, cells: CsvCells): boolean {
    const { width, all } = this.#table;
    const { count, line } = record;
    if (this.#nameLines.size > 0 && this.#nameLines.has(line)) return false;
    const isShort = count < width;
    const isNote = !all && isAlone(cells, width) && (this.#isAfterGap || NOTE.test(cells.text(0)));
    if (count !== width && (all || !(isShort ? isNote : cells.isEmptyFrom(width)))) {
      if (!isComment(record, width)) throw ragged(record, width);
      this.#skip(line);
      return false;
    }
    if (!all && !isShort && width > 1 && cells.isEmptyFrom(0)) {
      this.#isAfterGap = true;
      return false;
    }
    if (!all && width > 1 && this.#isNames(record)) {
      this.#skip(line);
      return false;
    }
    if (isNote) this.#takeNote(record);
    else this.#takeRow();
    return !isShort;
  }

  /** Lines that were passed over: the first of them, and how many there are. */
  get skipped(): { readonly lines: readonly number[]; readonly count: number } {
    return { lines: this.#skippedLines, count: this.#skipped };
  }

  /** Notes below the last row: their lines, and how many of the rows are such notes. */
  get notes(): { readonly lines: readonly number[]; readonly rows: number } {
    return { lines: this.#noteLines, rows: this.#noteRows };
  }

  #takeNote(record: CsvRecord): void {
    this.#noteLines.push(record.line);
    if (record.count < this.#table.width) this.#fault ??= ragged(record, this.#table.width);
    else this.#noteRows++;
  }

  #takeRow(): void {
    if (this.#fault) throw this.#fault;
    this.#isAfterGap = false;
    if (this.#noteLines.length === 0) return;
    this.#noteRows = 0;
    this.#noteLines.length = 0;
  }

  #skip(line: number): void {
    if (this.#skipped++ < SHOWN_LINES) this.#skippedLines.push(line);
  }
}

/** Whether a row has its first cell alone, and that is a text. */
function isAlone(cells: CsvCells, width: number): boolean {
  if (width < MIN_COLUMNS || !cells.isEmptyFrom(1) || cells.isEmptyFrom(0)) return false;
  return cells.kind(0) === "none" && Number.isNaN(cells.datetime(0));
}

/** Tells rows that repeat the record with the names, as files do that were put together. */
function createNamesTest(names: CsvRecord): (record: CsvRecord) => boolean {
  const bytesOf = ({ bytes, starts, ends }: CsvRecord, column: number) => bytes.subarray(starts[column], ends[column]);
  const [first = Buffer.alloc(0), ...others] = Array.from({ length: names.count }, (_, column) =>
    Buffer.from(bytesOf(names, column)),
  );
  // Most rows have another first cell.
  return (record) =>
    record.count === names.count &&
    (record.ends[0] as number) - (record.starts[0] as number) === first.length &&
    first.equals(bytesOf(record, 0)) &&
    others.every((name, column) => name.equals(bytesOf(record, column + 1)));
}

function ragged({ line, count }: CsvRecord, width: number): Error {
  const where = count < width ? `column ${count + 1} is missing` : `column ${width + 1} is one too many`;
  return invalidTable(`line ${line}: ${where}: the row has ${count} cells, but the table has ${width} columns`);
}
