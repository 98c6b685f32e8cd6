/** What is said of a table that was read: how, and what in it was guessed or is odd. */
import type { Ambiguity } from "../../domain/datasets/column-guess.ts";
import type { ColumnReading } from "../../domain/datasets/column-reading.ts";
import { type Column, listOddCells, type OddCells } from "../../domain/datasets/dataset.ts";
import { MISSING_WORDS } from "../../domain/datasets/missing-words.ts";
import type { ReadingOptions } from "../../domain/datasets/reading-options.ts";
import type { TableReading } from "../../domain/datasets/table-reading.ts";
import { MAX_NOTES, type Note, type UploadNoteCode } from "../../domain/notes.ts";
import type { CsvLayout, TableExtent } from "../../formats/tables/table.ts";
import type { DuplicateRows } from "./duplicate-rows.ts";
import type { GuessedColumn } from "./guess.ts";
import type { InferredColumn } from "./infer.ts";

/** How the table as a whole was read. */
export function describeReading({ csv }: TableExtent, options: Partial<ReadingOptions>): TableReading {
  const from = (given: unknown) => (given === undefined ? "found" : "given");
  const { delimiter, header, encoding, missing } = options;
  return {
    ...(encoding && { encoding: { value: encoding, from: encoding === "utf-8" ? "found" : "given" } }),
    ...(csv && {
      delimiter: { value: csv.delimiter, from: from(delimiter) },
      header: { value: csv.hasHeader, from: from(header === "auto" ? undefined : header) },
      ...(csv.skipped > 0 && { skipped_lines: [...csv.skippedLines] }),
    }),
    missing: missing ? { value: missing, from: "given" } : { value: [...MISSING_WORDS], from: "default" },
  };
}

/** A table that was read. */
export interface NotedTable {
  readonly columns: readonly Column[];
  readonly guesses: ReadonlyMap<number, GuessedColumn>;
  readonly csv: CsvLayout | null;
  readonly rows: number;
  readonly duplicates: DuplicateRows | null;
  readonly inferred: readonly InferredColumn[];
}

/** The notes on a table, at most `MAX_NOTES` of them. */
export function uploadNotes({ columns, guesses, csv, rows, duplicates, inferred }: NotedTable): Note[] {
  const ofColumns = columns.flatMap((column, index) => {
    const ambiguity = guesses.get(index)?.ambiguity;
    const isAsGuessed = column.type !== "category" && column.type !== "text";
    return [
      ...(inferred[index]?.isBig && !isAsGuessed ? [largeIntegersNote(column.name)] : []),
      ...(column.odd ? [oddNote(column, column.odd, rows)] : []),
      ...(ambiguity && isAsGuessed ? [ambiguityNote(column.name, ambiguity)] : []),
    ];
  });
  const ofTable = [...(csv ? layoutNotes(csv, columns) : []), ...(duplicates ? [duplicatesNote(duplicates, rows)] : [])];
  return [...ofTable, ...ofColumns].slice(0, MAX_NOTES);
}

const noteOn = (code: UploadNoteCode, column: string | null, line: number | null, detail: string, cure: string): Note => ({
  ...{ code, column, line, detail, cure },
});

function layoutNotes({ headerDoubt, skipped, skippedLines, hasHeader }: CsvLayout, [first]: readonly Column[]): Note[] {
  const notes: Note[] = [];
  if (headerDoubt !== null) {
    notes.push(noteOn("header_guessed", null, null, headerDoubt, `upload the file with header=${!hasHeader} if that is wrong`));
  }
  if (skipped > 0) {
    const which = `line${skipped === 1 ? "" : "s"} ${skippedLines.join(", ")}${skipped > skippedLines.length ? ", …" : ""}`;
    const detail = `${which}: passed over, as comments and separator lines are`;
    notes.push(noteOn("lines_skipped", null, skippedLines[0] ?? null, detail, "put them in quotes if they are rows"));
  }
  if (first?.role === "index") {
    const detail = `${first.name} has no name and counts the rows: it is taken for an index, and is no feature`;
    notes.push(noteOn("index_column", first.name, null, detail, "name it in features to train on it"));
  }
  return notes;
}

function largeIntegersNote(name: string): Note {
  const detail = `${name} has whole numbers beyond 2^53, which a number would round: they are kept as labels`;
  return noteOn("large_integers", name, null, detail, `upload the file with types={"${name}":"number"} to have them rounded`);
}

function duplicatesNote({ count, first: { row, of } }: DuplicateRows, rows: number): Note {
  const verb = count === 1 ? "repeats" : "repeat";
  const detail = `${count} of ${rows} rows ${verb} an earlier one in every column, the first row ${row + 1} (as row ${of + 1})`;
  const cure = "remove them if they are copies: a copy of a training row that is held out makes the score too good";
  return noteOn("duplicate_rows", null, null, detail, cure);
}

const NOUNS: Readonly<Record<string, string>> = {
  number: "number",
  integer: "whole number",
  datetime: "date",
  boolean: "true or false",
  category: "label",
};

/** The note on the odd cells of a column. */
export function oddNote({ name, type, missing }: Column, odd: OddCells, rows: number): Note {
  const line = odd.cells[0]?.line ?? null;
  const present = rows - missing;
  if (odd.read_as === "label") {
    const detail = `${name} is of labels because ${odd.count} of its ${present} values are no numbers or dates: ${listOddCells(odd)}`;
    const cure = `mend them or leave them empty, name them with missing=, or say types={"${name}":"category"} if they are labels`;
    return noteOn("column_in_doubt", name, line, detail, cure);
  }
  const noun = NOUNS[type] ?? "value";
  const detail = `${odd.count} of the ${present + odd.count} values of ${name} ${odd.count === 1 ? "is" : "are"} no ${noun} and read as missing: ${listOddCells(odd)}`;
  return noteOn(
    "cells_read_as_missing",
    name,
    line,
    detail,
    `mend them, or say types={"${name}":"category"} if they are labels`,
  );
}

function ambiguityNote(column: string, { kind, example, read, instead }: Ambiguity): Note {
  const detail = `${column} could be read in two ways: ${JSON.stringify(example)} is read with ${wayOf(read)}, and not with ${wayOf(instead)}`;
  const cure = `upload the file with ${kind === "dates" ? `date_format=${instead.date_format}` : optionsOf(instead)} if that is wrong`;
  return noteOn(kind === "dates" ? "ambiguous_dates" : "ambiguous_numbers", column, null, detail, cure);
}

const ORDERS: Readonly<Record<string, string>> = { dmy: "the day first", mdy: "the month first", ymd: "the year first" };
const MARKS: Readonly<Record<string, string>> = { ",": "comma", ".": "point", " ": "space", "'": "apostrophe" };

function wayOf({ decimal = ".", thousands, date_format: dates }: ColumnReading): string {
  if (dates) return ORDERS[dates] ?? dates;
  const grouped = thousands ? ` and a ${MARKS[thousands]} between thousands` : "";
  return `a decimal ${MARKS[decimal]}${grouped}`;
}

function optionsOf({ decimal = ".", thousands }: ColumnReading): string {
  return `decimal=${decimal}&thousands=${thousands ? MARKS[thousands] : "none"}`;
}
