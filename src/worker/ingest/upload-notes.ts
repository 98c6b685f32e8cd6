/** How a table was read, and the notes on what was guessed or is odd in it. */
import type { Ambiguity } from "../../domain/datasets/column-guess.ts";
import type { ColumnReading } from "../../domain/datasets/column-reading.ts";
import { type Column, type ColumnType, listOddCells, type OddCells } from "../../domain/datasets/dataset.ts";
import { ENCODINGS } from "../../domain/datasets/encodings.ts";
import type { MissingCode } from "../../domain/datasets/missing-codes.ts";
import { MISSING_WORDS } from "../../domain/datasets/missing-words.ts";
import type { ReadingOptions } from "../../domain/datasets/reading-options.ts";
import type { TableReading } from "../../domain/datasets/table-reading.ts";
import { MAX_NOTES, type Note, type UploadNoteCode } from "../../domain/notes.ts";
import type { CsvLayout, TableExtent } from "../../formats/tables/table.ts";
import type { DuplicateRows } from "./duplicate-rows.ts";
import type { GuessedColumn } from "./guess.ts";
import type { InferredColumn } from "./infer.ts";
import type { TotalsRow } from "./table-parts.ts";

/** How the table as a whole was read. */
export function describeReading({ csv, sheet, encoding: found }: TableExtent, options: Partial<ReadingOptions>): TableReading {
  const from = (given: unknown) => (given === undefined ? "found" : "given");
  const { delimiter, header, encoding, missing } = options;
  return {
    ...(encoding && !sheet && { encoding: { value: found ?? encoding, from: encoding === "utf-8" ? "found" : "given" } }),
    ...(sheet && { sheet: { value: sheet.name, from: from(options.sheet), others: sheet.others.slice(0, LISTED_SHEETS) } }),
    ...(csv && {
      ...(!sheet && { delimiter: { value: csv.delimiter, from: from(delimiter) } }),
      header: { value: csv.hasHeader, from: from(header === "auto" ? undefined : header) },
      ...(csv.skipped > 0 && { skipped_lines: [...csv.skippedLines] }),
    }),
    missing: Array.isArray(missing)
      ? { value: missing, from: "given" }
      : { value: [...MISSING_WORDS], from: "default", ...(missing && { by_column: missing }) },
  };
}

/** A table that was read. */
export interface NotedTable {
  readonly columns: readonly Column[];
  readonly guesses: ReadonlyMap<number, GuessedColumn>;
  readonly csv: CsvLayout | null;
  readonly sheet: TableExtent["sheet"] | null;
  /** Found where the text is not UTF-8. */
  readonly encoding: TableExtent["encoding"] | null;
  readonly rows: number;
  readonly duplicates: DuplicateRows | null;
  /** Of the last row, which was left out; null where it was not. */
  readonly totals: TotalsRow | null;
  /** Numbers that may stand for a missing value, by column. */
  readonly codes: ReadonlyMap<string, MissingCode>;
  /** Labels that were written in several ways, by column. */
  readonly spellings: ReadonlyMap<string, readonly (readonly string[])[]>;
  readonly inferred: readonly InferredColumn[];
}

/** The notes on a table, at most `MAX_NOTES` of them. */
export function uploadNotes({
  columns,
  guesses,
  csv,
  sheet,
  encoding,
  rows,
  duplicates,
  totals,
  spellings,
  codes,
  inferred,
}: NotedTable): Note[] {
  const ofColumns = columns.flatMap((column, index) => {
    const { ambiguity = null, bounds = null, letters = null } = guesses.get(index) ?? {};
    const isAsGuessed = column.type !== "category" && column.type !== "text";
    const own = spellings.get(column.name);
    return [
      ...(own ? [spellingsNote(column.name, own)] : []),
      ...(inferred[index]?.isBig && !isAsGuessed ? [largeIntegersNote(column.name)] : []),
      ...(column.odd ? [oddNote(column, column.odd, rows)] : []),
      ...(letters && column.type !== "datetime" && !(letters.beside && column.odd) ? [lettersNote(column, letters)] : []),
      ...(bounds && isAsGuessed ? [boundsNote(column.name, bounds)] : []),
      ...(ambiguity && isAsGuessed ? [ambiguityNote(column.name, ambiguity)] : []),
    ];
  });
  const ofTable = [
    ...(sheet ? sheetNotes(sheet) : []),
    ...(encoding && encoding !== "utf-16" ? [encodingNote(encoding)] : []),
    ...(csv ? [...layoutNotes(csv, columns), ...headAndFootNotes(csv)] : []),
    ...(totals ? [totalsNote(totals)] : []),
    ...(duplicates ? [duplicatesNote(duplicates, rows)] : []),
    ...(codes.size > 0 ? [codesNote(codes, columns)] : []),
  ];
  return [...ofTable, ...ofColumns].slice(0, MAX_NOTES);
}

const noteOn = (code: UploadNoteCode, column: string | null, line: number | null, detail: string, cure: string): Note => ({
  ...{ code, column, line, detail, cure },
});

function encodingNote(encoding: string): Note {
  const detail = `the text is not UTF-8, and was read as ${encoding}`;
  const cure = `look at its letters beyond a to z, and upload the file with encoding= and ${ENCODINGS.filter((each) => each !== encoding && each !== "utf-8").join(", ")} if they are wrong`;
  return noteOn("encoding_guessed", null, null, detail, cure);
}

/** The note on sheets that were left out; none where there is one alone. */
function sheetNotes({ name, others }: NonNullable<TableExtent["sheet"]>): Note[] {
  if (others.length === 0) return [];
  const shown = others.slice(0, SHOWN_SHEETS).map((each) => JSON.stringify(each));
  const more = others.length > SHOWN_SHEETS ? ` and ${others.length - SHOWN_SHEETS} more` : "";
  const detail = `the sheet ${JSON.stringify(name)} was read, and not ${shown.join(", ")}${more}`;
  return [noteOn("sheet_chosen", null, null, detail, "to read another sheet, upload the file with its name as sheet=")];
}

/** Sheets that a note names, and that a reading lists. */
const SHOWN_SHEETS = 10;
/** Renamed columns that a note lists. */
const SHOWN_NAMES = 5;
const LISTED_SHEETS = 100;
/** Lines that a note names. */
const SHOWN_LINES = 10;

function layoutNotes(
  { headerDoubt, skipped, skippedLines, askedLines, titleLines, namesLine, hasHeader, renamed }: CsvLayout,
  [first]: readonly Column[],
): Note[] {
  const notes: Note[] = [];
  if (titleLines.length > 0) {
    const isOne = titleLines.length === 1;
    const detail = `line${isOne ? "" : "s"} ${titleLines.join(", ")} ${isOne ? "is" : "are"} above the column names in line ${namesLine} and ${isOne ? "was" : "were"} left out as a title`;
    notes.push(
      noteOn("title_lines", null, titleLines[0] ?? null, detail, "upload the file with skip_lines=0 if that is wrong"),
    );
  }
  if (headerDoubt !== null) {
    notes.push(noteOn("header_guessed", null, null, headerDoubt, `upload the file with header=${!hasHeader} if that is wrong`));
  }
  const others = skipped - titleLines.length - askedLines;
  if (others > 0) {
    const titles = new Set(titleLines);
    const lines = skippedLines.slice(askedLines).filter((line) => !titles.has(line));
    const which = `line${others === 1 ? "" : "s"} ${lines.join(", ")}${others > lines.length ? ", …" : ""}`;
    const detail = `${which}: skipped as comments, separator lines or repeated column names`;
    notes.push(noteOn("lines_skipped", null, lines[0] ?? null, detail, "if they are rows, quote the first cell"));
  }
  if (renamed.length > 0) {
    const shown = renamed
      .slice(0, SHOWN_NAMES)
      .map(({ given, name }) => `another ${JSON.stringify(given)} is ${JSON.stringify(name)}`);
    const more = renamed.length > shown.length ? `, and ${renamed.length - shown.length} more` : "";
    const detail = `columns have the same name: ${shown.join(", ")}${more}`;
    notes.push(noteOn("names_repeated", null, null, detail, "give each column a name of its own, and upload the file again"));
  }
  if (first?.role === "index") {
    const detail = `${first.name} has no name and counts the rows, so it is an index and not a feature`;
    notes.push(noteOn("index_column", first.name, null, detail, "name it in features to train on it"));
  }
  return notes;
}

const READ_ALL = "upload the file with rows=all if that is wrong";

/** Notes on lines beside the rows: more than one row of names, and what stands below the last row. */
function headAndFootNotes({ nameLines, notes: below }: CsvLayout): Note[] {
  const linesOf = (lines: readonly number[]) =>
    `line${lines.length === 1 ? "" : "s"} ${lines.slice(0, SHOWN_LINES).join(", ")}`;
  const notes: Note[] = [];
  if (nameLines.length > 0) {
    const isOne = nameLines.length === 1;
    const detail = `${linesOf(nameLines)} below the column names ${isOne ? "has" : "have"} no values but names, units or questions: ${isOne ? "it is no row" : "they are no rows"}`;
    notes.push(noteOn("name_lines", null, nameLines[0] ?? null, detail, READ_ALL));
  }
  if (below.lines.length > 0) {
    const isOne = below.lines.length === 1;
    const detail = `${linesOf(below.lines)} below the rows ${isOne ? "was" : "were"} left out as ${isOne ? "a note" : "notes"} on the table`;
    notes.push(noteOn("lines_below", null, below.lines[0] ?? null, detail, READ_ALL));
  }
  return notes;
}

function totalsNote({ columns }: TotalsRow): Note {
  const shown = columns.slice(0, SHOWN_SHEETS).join(", ");
  const detail = `the last row has the sum of all rows above it (${shown}), so it was left out as a row of totals`;
  return noteOn("totals_row", columns[0] ?? null, null, detail, READ_ALL);
}

function largeIntegersNote(name: string): Note {
  const detail = `${name} has whole numbers beyond 2^53, which would be rounded as numbers: they are kept as labels`;
  return noteOn(
    "large_integers",
    name,
    null,
    detail,
    `upload the file with ${typeOf(name, "number")} to read them as rounded numbers`,
  );
}

function duplicatesNote({ count, first: { row, of } }: DuplicateRows, rows: number): Note {
  const verb = count === 1 ? "repeats" : "repeat";
  const detail = `${count} of ${rows} rows ${verb} an earlier one in every column, first row ${row + 1} (the same as row ${of + 1})`;
  const cure = "remove them if they are copies: a held-out copy of a training row makes the score too good";
  return noteOn("duplicate_rows", null, null, detail, cure);
}

/** The option that gives a column a type, as it is sent. */
const typeOf = (column: string, type: ColumnType): string => `types=${JSON.stringify({ [column]: type })}`;

/** Columns that a note on codes describes, and that its cure names. */
const CODED_COLUMNS = 8;

/** One note on all columns, whose cure can be sent as it is. */
function codesNote(codes: ReadonlyMap<string, MissingCode>, columns: readonly Column[]): Note {
  const shown = [...codes].slice(0, CODED_COLUMNS);
  const decimals = new Map(columns.map(({ name, reading }) => [name, reading?.decimal ?? "."]));
  const each = shown.map(([name, { values, count, nearest }]) => {
    const others = (values[0] as number) < nearest ? `at least ${nearest}` : `at most ${nearest}`;
    const listed = values.length === 1 ? values[0] : `${values.slice(0, -1).join(", ")} or ${values.at(-1)}`;
    return `${name} is ${listed} in ${count} rows and ${others} in all others`;
  });
  const more = codes.size > shown.length ? `, and ${codes.size - shown.length} more` : "";
  // Read as a cell of the column is.
  const option = Object.fromEntries(
    shown.map(([name, { values }]) => [name, values.map((value) => String(value).replace(".", decimals.get(name) ?? "."))]),
  );
  const column = codes.size === 1 ? (shown[0]?.[0] ?? null) : null;
  const cure = `if ${shown.length === 1 && shown[0]?.[1].values.length === 1 ? "that number means" : "those numbers mean"} a missing value, upload the file with missing=${JSON.stringify(option)}`;
  return noteOn("missing_codes", column, null, `${each.join("; ")}${more}`, cure);
}

const NOUNS: Readonly<Record<string, { readonly one: string; readonly many: string }>> = {
  number: { one: "a number", many: "numbers" },
  integer: { one: "a whole number", many: "whole numbers" },
  datetime: { one: "a date", many: "dates" },
  boolean: { one: "true or false", many: "true or false" },
  category: { one: "a label", many: "labels" },
};

/** The note on the odd cells of a column. */
export function oddNote({ name, type, missing }: Column, odd: OddCells, rows: number): Note {
  const line = odd.cells[0]?.line ?? null;
  const present = rows - missing;
  if (odd.read_as === "label") {
    const detail = `${name} was read as labels because ${odd.count} of its ${present} values ${odd.count === 1 ? "is not a number or date" : "are not numbers or dates"}: ${listOddCells(odd)}`;
    const cure = `correct them or leave them empty, list them in missing=, or add ${typeOf(name, "category")} if it is a column of labels`;
    return noteOn("column_in_doubt", name, line, detail, cure);
  }
  const { one, many } = NOUNS[type] ?? { one: "a value", many: "values" };
  const isOne = odd.count === 1;
  const detail = `${odd.count} of the ${present + odd.count} values of ${name} ${isOne ? `is not ${one} and was` : `are not ${many} and were`} read as missing: ${listOddCells(odd)}`;
  return noteOn(
    "cells_read_as_missing",
    name,
    line,
    detail,
    `correct ${isOne ? "it" : "them"}, or add ${typeOf(name, "category")} if it is a column of labels`,
  );
}

function spellingsNote(column: string, groups: readonly (readonly string[])[]): Note {
  const shown = groups
    .slice(0, SHOWN_SHEETS)
    .map(([label, ...others]) => `${others.map(quotedLabel).join(", ")} as ${quotedLabel(label)}`);
  const more = groups.length > SHOWN_SHEETS ? ` and ${groups.length - SHOWN_SHEETS} more` : "";
  const detail = `labels of ${column} differ only in capital letters, and were read as one: ${shown.join("; ")}${more}`;
  const cure = `upload the file with ${typeOf(column, "category")} to keep them apart`;
  return noteOn("spellings_merged", column, null, detail, cure);
}

/** A label in a note, without its end where it is long. */
const quotedLabel = (label = ""): string =>
  JSON.stringify(label.length > SHOWN_LABEL ? `${label.slice(0, SHOWN_LABEL)}…` : label);
const SHOWN_LABEL = 60;

function lettersNote({ name, type }: Column, { unit, example, beside, areFew }: NonNullable<GuessedColumn["letters"]>): Note {
  const [letters, shown] = [JSON.stringify(unit), JSON.stringify(example)];
  if (beside) {
    const why = {
      "no unit": `${letters} stands behind some of its numbers and not behind others, as in ${shown}`,
      "another unit": `its numbers have several units, such as ${letters} and that of ${shown}`,
    }[beside];
    const cure = beside === "no unit" ? "or all of them in full" : "as a fraction or a multiple where needed";
    const detail = `${name} was read as labels because ${why}`;
    return noteOn("letters_behind_numbers", name, null, detail, `write all numbers with ${letters}, ${cure}`);
  }
  const areLabels = type === "category" || type === "text";
  const detail = areLabels
    ? `${name} was read as labels because ${letters} right behind its numbers, as in ${shown}, may be part of a name`
    : `${letters} behind ${areFew ? "some of " : ""}the numbers of ${name}, as in ${shown}, was left out as a unit`;
  const cure = areLabels
    ? `upload the file with ${typeOf(name, "number")} if it is a unit`
    : `${areFew ? "convert those numbers if the others are in another unit, or " : ""}upload the file with ${typeOf(name, "category")} if it is part of a name, as in seats`;
  return noteOn("letters_behind_numbers", name, null, detail, cure);
}

function boundsNote(column: string, { count, example }: NonNullable<GuessedColumn["bounds"]>): Note {
  const isOne = count === 1;
  const detail = `${count} value${isOne ? "" : "s"} of ${column} ${isOne ? "is a bound" : "are bounds"}, such as ${JSON.stringify(example)}, and ${isOne ? "was" : "were"} read as the number beside the sign`;
  const cure = `write another number in place of ${isOne ? "it" : "them"}, such as half of it, or list ${isOne ? "it" : "them"} in missing= if you want missing values instead`;
  return noteOn("bounds_read_as_numbers", column, null, detail, cure);
}

function ambiguityNote(column: string, { kind, example, read, instead }: Ambiguity): Note {
  const detail = `${column} could be read in two ways: ${JSON.stringify(example)} was read with ${wayOf(read)}, not with ${wayOf(instead)}`;
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
