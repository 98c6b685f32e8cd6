/**
 * A sheet of an Excel workbook (.xlsx, ECMA-376) as CSV, a line of it for each row of the sheet, so that places in messages are
 * those that Excel shows and a cell means what it means in CSV. hucre reads it; what the file claims is held to the limits first.
 */
import { TrainyardError } from "../../domain/errors.ts";
import { PADDED_NUMBER, padNumber } from "../csv/sheet-numbers.ts";
import { checkExtent, invalidTable, malformedTable, overLimit, type TableLimits } from "../tables/table.ts";
import { type ArchivePart, partsOf } from "./archive.ts";
import { contentsOf, type WorkbookContents } from "./contents.ts";
import { withoutPhonetics } from "./phonetics.ts";

/** Bytes of a workbook at most, which is held in memory whole: a full sheet of 20 columns is about 100 MB. */
export const MAX_WORKBOOK_BYTES = 128 * 1024 * 1024;
/** Rows of CSV that are handed on together. */
const ROWS_AT_A_TIME = 1000;
/** Rows that a sheet has at most, whatever the limits are. */
const MAX_SHEET_ROWS = 1_048_576;
/** Characters of a sheet's name that are shown, and of what hucre says of a file. */
const SHOWN_NAME = 200;
const SHOWN_FAULT = 300;

const OLD_WORKBOOK = Buffer.from([0xd0, 0xcf, 0x11, 0xe0]);
/** What every archive begins with. */
export const ARCHIVE_MAGIC = Buffer.from([0x50, 0x4b, 0x03, 0x04]);

export interface WorkbookLimits extends TableLimits {
  /** Of the file when it is unpacked. */
  readonly bytes: number;
}

/** What of a workbook is read, and how. */
export interface SheetOptions {
  /** The name of the sheet; the first one that is not hidden and has a cell when left out. */
  readonly sheet?: string | undefined;
  /** The sign that its texts have before decimals, where it was said. Numbers are written with it too, since texts and numbers make one column. */
  readonly decimal?: "." | "," | undefined;
}

/** The sheet that is read, and the others that can be seen. */
export interface Sheet {
  readonly name: string;
  readonly others: readonly string[];
}

/** A sheet, and what it is as CSV, in pieces: UTF-8, with commas. */
export interface SheetTable {
  readonly sheet: Sheet;
  csv(): Iterable<string>;
}

type CellValue = string | number | boolean | Date | null | undefined;
type CellWriter = (value: CellValue) => string;

interface SheetRow {
  readonly index: number;
  readonly values: readonly unknown[];
}

/**
 * Opens a sheet. Columns without any cell are left out, and so are formats: a percentage is its fraction, a date is ISO 8601, a formula
 * is its stored result. Throws malformed, invalid or too_large.
 */
export async function openSheet(
  bytes: Buffer,
  { sheet: named, decimal }: SheetOptions,
  limits: WorkbookLimits,
): Promise<SheetTable> {
  const parts = checkArchive(bytes, limits);
  try {
    const { sheets, is1904, archive } = await contentsOf(bytes, parts);
    const { streamXlsxRows } = await import("hucre/xlsx");
    const visible = sheets.filter(({ isHidden }) => !isHidden).map(({ name }) => name);
    const write = createCellWriter(is1904, decimal);
    const chosen = named === undefined ? visible : [find(sheets, named)];
    for (const name of chosen) {
      const plain = withoutPhonetics(archive, sheets.find((each) => each.name === name)?.path ?? "");
      const rows = await readRows(streamXlsxRows(plain, { sheet: name }), { name, write }, limits);
      if (rows.columns.length === 0) continue;
      const others = visible.filter((each) => each !== name).map(shownName);
      return { sheet: { name: shownName(name), others }, csv: () => linesOf(rows) };
    }
  } catch (error) {
    if (error instanceof TrainyardError) throw error;
    throw malformedTable(`the workbook cannot be read: ${(error as Error).message.slice(0, SHOWN_FAULT)}`);
  }
  throw invalidTable(
    named === undefined
      ? "no sheet of the workbook that is not hidden has any cells"
      : `the sheet ${JSON.stringify(named)} has no cells`,
    named === undefined ? "" : "/sheet",
  );
}

const shownName = (name: string): string => (name.length > SHOWN_NAME ? `${name.slice(0, SHOWN_NAME)}…` : name);

function checkArchive(bytes: Buffer, limits: WorkbookLimits): readonly ArchivePart[] {
  const start = bytes.subarray(0, ARCHIVE_MAGIC.length);
  if (start.equals(OLD_WORKBOOK))
    throw malformedTable(
      "this is an old workbook (.xls) or one with a password: save it as .xlsx without a password, or as CSV",
    );
  if (!start.equals(ARCHIVE_MAGIC)) throw malformedTable("this is not an Excel workbook (.xlsx)");
  const parts = partsOf(bytes);
  const unpacked = parts.reduce((sum, { bytes: size }) => sum + size, 0);
  if (unpacked > limits.bytes) throw overLimit("the unpacked workbook has more bytes", limits.bytes, "DATASET_BYTES");
  return parts;
}

/** The sheet of a name, in small or capital letters. */
function find(sheets: WorkbookContents["sheets"], named: string): string {
  const names = sheets.map(({ name }) => name);
  const loose = named.trim().toLowerCase();
  const found = names.find((name) => name === named) ?? names.find((name) => name.trim().toLowerCase() === loose);
  if (found !== undefined) return found;
  const known = names.map((name) => JSON.stringify(shownName(name)));
  const more = known.length > NAMED ? ` and ${known.length - NAMED} more` : "";
  throw invalidTable(`there is no such sheet: the workbook has ${known.slice(0, NAMED).join(", ")}${more}`, "/sheet");
}

const NAMED = 20;

/** The cells of a sheet as CSV has them. Which columns have any is known when the last row was read. */
interface SheetRows {
  /** Texts of each row, divided by DIVIDER, and empty where the row has none: one text takes less than an array of them. */
  readonly texts: readonly string[];
  /** Rows of the sheet before each of them, from 0. */
  readonly indices: readonly number[];
  /** The columns that have a cell, in order. */
  readonly columns: readonly number[];
}

/** No cell has it: control characters are spaces. */
const DIVIDER = "\u001f";

interface ReadSheet {
  readonly name: string;
  readonly write: CellWriter;
}

async function readRows(rows: AsyncIterable<SheetRow>, { name, write }: ReadSheet, limits: TableLimits): Promise<SheetRows> {
  const texts: string[] = [];
  const indices: number[] = [];
  const filled: boolean[] = [];
  const damaged = (what: string) => malformedTable(`the workbook is damaged: ${what} of ${JSON.stringify(shownName(name))}`);
  for await (const { index, values } of rows) {
    if (!(index > (indices.at(-1) ?? -1))) throw damaged("the rows are out of order");
    if (!(index < MAX_SHEET_ROWS)) throw damaged("there is a row beyond the last one");
    const cells = values.map((value) => write(value as CellValue));
    cells.forEach((cell, column) => {
      if (cell !== "") filled[column] = true;
    });
    if (cells.every((cell) => cell === "")) continue;
    texts.push(cells.join(DIVIDER));
    indices.push(index);
    // Names and titles are rows of a sheet, and none of the table.
    if (texts.length > limits.rows + MAX_LINES_ABOVE) checkExtent(texts.length, 0, limits, `line ${index + 1}`);
  }
  const columns = [...filled.keys()].filter((column) => filled[column]);
  checkExtent(0, columns.length, limits);
  return { texts, indices, columns };
}

/** More lines than stand above the rows of any table. */
const MAX_LINES_ABOVE = 100;

function* linesOf({ texts, indices, columns }: SheetRows): Generator<string, void, void> {
  for (let from = 0; from < texts.length; from += ROWS_AT_A_TIME) {
    const lines = texts.slice(from, from + ROWS_AT_A_TIME).map((text, row) => {
      const cells = text.split(DIVIDER);
      // Rows that a sheet leaves out are empty lines, so that lines stay its rows.
      const left = (indices[from + row] as number) - (indices[from + row - 1] ?? -1) - 1;
      return `${"\n".repeat(left)}${columns.map((column) => cells[column] ?? "").join(",")}\n`;
    });
    yield lines.join("");
  }
}

/** What writes a cell as CSV has it. A line break within a text is a space, so that a row is one line. */
function createCellWriter(is1904: boolean, decimal: SheetOptions["decimal"]): CellWriter {
  const dayZero = is1904 ? DAY_ZERO_1904 : DAY_ZERO;
  return (value) => {
    if (value === null || value === undefined) return "";
    if (typeof value === "boolean") return value ? "true" : "false";
    if (typeof value === "number") return numberText(value, decimal);
    if (value instanceof Date) return timeText(value, dayZero);
    const text = String(value).replace(CONTROLS, " ").trim();
    // A text that looks like a number which was padded is none.
    return /[",]/.test(text) || PADDED_NUMBER.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is for
const CONTROLS = /\s*[\u0000-\u001f]+\s*/g;

/** A number, so that nobody takes its point for a sign between thousands: 1.234 is written 1.2340. */
function numberText(value: number, decimal: SheetOptions["decimal"]): string {
  const text = String(value);
  if (decimal === ",") return text.includes(".") ? `"${text.replace(".", ",")}"` : text;
  return padNumber(text);
}

const DAY_MS = 86_400_000;
/** Day 0 of Excel's calendar until its day 60, the 29 February 1900 that never was. Times without a date are on it. */
const DAY_ZERO = Date.UTC(1899, 11, 31);
/** Day 0 of the calendar that workbooks of early Macs have. */
const DAY_ZERO_1904 = Date.UTC(1904, 0, 1);
const MAX_DAYS = 60;

/** A date, with its time where it has one. A time without a date, or a duration, is its days: 0.75 is six in the evening. */
function timeText(value: Date, dayZero: number): string {
  const ms = value.getTime();
  if (Number.isNaN(ms)) return "";
  if (ms < dayZero + MAX_DAYS * DAY_MS) return String((ms - dayZero) / DAY_MS);
  const text = value.toISOString();
  return ms % DAY_MS === 0 ? text.slice(0, 10) : text.slice(0, -1).replace(/\.000$/, "");
}
