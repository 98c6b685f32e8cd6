/**
 * A sheet of an Excel workbook (.xlsx, ECMA-376) as CSV, a line of it for each row of the sheet, so that places in messages are
 * those that Excel shows and a cell means what it means in CSV. hucre reads it; what the file claims is held to the limits first.
 */
import { TrainyardError } from "../../domain/errors.ts";
import { checkExtent, invalidTable, malformedTable, overLimit, type TableLimits } from "../tables/table.ts";
import { partsOf } from "./archive.ts";

/** Bytes of a workbook at most, which is held in memory whole: a full sheet of 20 columns is about 100 MB. */
export const MAX_WORKBOOK_BYTES = 128 * 1024 * 1024;
/** Bytes that its texts and styles unpack to at most: they are held in memory too, while sheets are read as they unpack. */
const MAX_SHARED_BYTES = 128 * 1024 * 1024;
/** Rows of CSV that are handed on together. */
const ROWS_AT_A_TIME = 1000;

const OLD_WORKBOOK = Buffer.from([0xd0, 0xcf, 0x11, 0xe0]);
/** What every archive begins with. */
export const ARCHIVE_MAGIC = Buffer.from([0x50, 0x4b, 0x03, 0x04]);

export interface WorkbookLimits extends TableLimits {
  /** Of the file when it is unpacked. */
  readonly bytes: number;
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

interface SheetRow {
  readonly index: number;
  readonly values: readonly unknown[];
}

/**
 * Opens a sheet: the one that is named, or the first one that is not hidden and has a cell. Columns without any cell are left out, and
 * so are formats: a percentage is its fraction, a date is ISO 8601, a formula is its stored result. Throws malformed, invalid or too_large.
 */
export async function openSheet(bytes: Buffer, named: string | undefined, limits: WorkbookLimits): Promise<SheetTable> {
  checkArchive(bytes, limits);
  try {
    const { readXlsx, streamXlsxRows } = await import("hucre/xlsx");
    const visible: string[] = [];
    const all: string[] = [];
    await readXlsx(bytes, {
      sheets: ({ name, hidden, veryHidden }) => {
        all.push(name);
        if (!hidden && !veryHidden) visible.push(name);
        return false;
      },
    });
    const rowsOf = (sheet: string): AsyncIterable<SheetRow> => streamXlsxRows(bytes, { sheet });
    const chosen = named === undefined ? visible : [find(all, named)];
    for (const name of chosen) {
      const rows = await readRows(rowsOf(name), name, limits);
      if (rows.columns.length === 0) continue;
      return { sheet: { name, others: visible.filter((each) => each !== name) }, csv: () => linesOf(rows) };
    }
  } catch (error) {
    if (error instanceof TrainyardError) throw error;
    throw malformedTable(`the workbook cannot be read: ${(error as Error).message}`);
  }
  throw invalidTable(
    named === undefined ? "no sheet of the workbook has any cells" : `the sheet ${JSON.stringify(named)} has no cells`,
    named === undefined ? "" : "/sheet",
  );
}

function checkArchive(bytes: Buffer, limits: WorkbookLimits): void {
  const start = bytes.subarray(0, ARCHIVE_MAGIC.length);
  if (start.equals(OLD_WORKBOOK))
    throw malformedTable(
      "this is an old workbook (.xls) or one with a password: save it as .xlsx without a password, or as CSV",
    );
  if (!start.equals(ARCHIVE_MAGIC)) throw malformedTable("this is not an Excel workbook (.xlsx)");
  let shared = 0;
  let unpacked = 0;
  for (const { name, bytes: size } of partsOf(bytes)) {
    unpacked += size;
    if (/\.(?:xml|rels)$/i.test(name) && !/worksheets\/[^/]*$/i.test(name)) shared += size;
  }
  if (unpacked > limits.bytes) throw overLimit("the unpacked workbook has more bytes", limits.bytes, "DATASET_BYTES");
  if (shared > MAX_SHARED_BYTES) {
    const detail = `the workbook's texts and styles have more than ${MAX_SHARED_BYTES} bytes: save the sheet as CSV`;
    throw new TrainyardError("too_large", detail, [{ pointer: "", detail }]);
  }
}

/** The sheet of a name, in small or capital letters. */
function find(names: readonly string[], named: string): string {
  const loose = named.trim().toLowerCase();
  const found = names.find((name) => name === named) ?? names.find((name) => name.trim().toLowerCase() === loose);
  if (found !== undefined) return found;
  const known = names.map((name) => JSON.stringify(name));
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

async function readRows(rows: AsyncIterable<SheetRow>, sheet: string, limits: TableLimits): Promise<SheetRows> {
  const texts: string[] = [];
  const indices: number[] = [];
  const filled: boolean[] = [];
  for await (const { index, values } of rows) {
    const last = indices.at(-1) ?? -1;
    if (!(index > last)) throw malformedTable(`the workbook is damaged: the rows of ${JSON.stringify(sheet)} are out of order`);
    const cells = values.map((value) => textOf(value as CellValue));
    cells.forEach((cell, column) => {
      if (cell !== "") filled[column] = true;
    });
    if (cells.every((cell) => cell === "")) continue;
    texts.push(cells.join(DIVIDER));
    indices.push(index);
    // Names and titles are rows of a sheet, and none of the table.
    if (texts.length > limits.rows + MOST_LINES_ABOVE) checkExtent(texts.length, 0, limits, `line ${index + 1}`);
  }
  const columns = [...filled.keys()].filter((column) => filled[column]);
  checkExtent(0, columns.length, limits);
  return { texts, indices, columns };
}

/** More lines than stand above the rows of any table. */
const MOST_LINES_ABOVE = 100;

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

/** A cell as CSV has it. A line break within a text is a space, so that a row is one line. */
function textOf(value: CellValue): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "boolean") return value ? "true" : "false";
  if (typeof value === "number") return String(value);
  if (value instanceof Date) return timeText(value);
  const text = String(value).replace(CONTROLS, " ").trim();
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is for
const CONTROLS = /\s*[\u0000-\u001f]+\s*/g;

const DAY_MS = 86_400_000;
/** Day 0 of Excel's calendar until its day 60, the 29 February 1900 that never was. Times without a date are on it. */
const DAY_ZERO = Date.UTC(1899, 11, 31);
const MOST_DAYS = 60;

/** A date, with its time where it has one. A time without a date, or a duration, is its days: 0.75 is six in the evening. */
function timeText(value: Date): string {
  const ms = value.getTime();
  if (Number.isNaN(ms)) return "";
  if (ms < DAY_ZERO + MOST_DAYS * DAY_MS) return String((ms - DAY_ZERO) / DAY_MS);
  const text = value.toISOString();
  return ms % DAY_MS === 0 ? text.slice(0, 10) : text.slice(0, -1).replace(/\.000$/, "");
}
