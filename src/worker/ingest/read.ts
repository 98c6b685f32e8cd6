/**
 * Turns a table into a data set: a first pass finds the types of its columns, one pass looks at those in doubt, and the last one reads
 * their values.
 */

import { missingNumbers } from "../../domain/datasets/column-reading.ts";
import type { Column, OddCells } from "../../domain/datasets/dataset.ts";
import type { ReadingOptions } from "../../domain/datasets/reading-options.ts";
import type { AboutTable } from "../../domain/datasets/table-reading.ts";
import type { IngestedTable } from "../../domain/datasets/upload.ts";
import { invalid, pointerOf, TrainyardError } from "../../domain/errors.ts";
import type { DatasetLimits } from "../../domain/limits.ts";
import { besideKnown, withMissingOf } from "../../formats/tables/given-missing.ts";
import { type Cells, invalidTable, type Table } from "../../formats/tables/table.ts";
import {
  type ColumnBuilder,
  type ColumnPlan,
  createCellReader,
  type FinishedColumn,
  labelIn,
  type PreviewValue,
  readTruth,
  shown,
} from "./column.ts";
import { type DuplicateRows, findDuplicateRows } from "./duplicate-rows.ts";
import { chosenType, type GuessedColumn, guessColumns, type WritingOptions } from "./guess.ts";
import { type Inference, inferTypes } from "./infer.ts";
import { createBooleanColumn, createLabelColumn } from "./label-column.ts";
import { createLabelBudget } from "./labels.ts";
import { createNumericColumn, isoTime } from "./numeric-column.ts";
import {
  firstRows,
  type InferredTable,
  keepColumns,
  type TotalsRow,
  totalsOf,
  withoutBlanks,
  withoutNotes,
} from "./table-parts.ts";
import { describeReading, uploadNotes } from "./upload-notes.ts";

/** Maximum rows of a preview, and its maximum size: tables with very many columns show fewer rows. */
const PREVIEW_ROWS = 100;
const PREVIEW_CHARACTERS = 1024 * 1024;

/** The options that the columns of a table depend on. */
export type ColumnOptions = WritingOptions &
  Pick<ReadingOptions, "missing" | "columns"> &
  Partial<Pick<ReadingOptions, "rows">>;

/** Reads a table in two passes, or three. Throws its faults, with the place. */
export async function readTable(given: Table, options: ColumnOptions, limits: DatasetLimits): Promise<IngestedTable> {
  const walked = await withOwnMissing({ table: given, inference: await inferTypes(given) }, options.missing);
  const inferred = options.rows === "all" ? walked : await withoutNotes(walked);
  const read = await readInferred(inferred, options, limits, null);
  if (!("totals" in read)) return read;
  // The values of the first reading are let go by now, so that memory holds those of one.
  const above = firstRows(inferred.table, read.rows - 1);
  const again = await readInferred({ table: above, inference: await inferTypes(above) }, options, limits, read.totals);
  return again as IngestedTable;
}

/** A table whose last row has totals: it is read again without that row. */
interface FoundTotals {
  readonly totals: TotalsRow;
  /** With that row. */
  readonly rows: number;
}

/** The table with the words that are given by column, where some are: their columns are inferred without them. */
async function withOwnMissing(walked: InferredTable, missing: ColumnOptions["missing"]): Promise<InferredTable> {
  if (missing === undefined || Array.isArray(missing)) return walked;
  const { names } = walked.inference;
  checkColumns(names, "missing", missing);
  const table = withMissingOf(
    walked.table,
    new Map(Object.entries(missing).map(([name, words]) => [names.indexOf(name), words])),
  );
  return { table, inference: await inferTypes(table) };
}

/** Reads a table whose columns are known, and looks for totals in its last row. `totals`: what was left out of it, if it was. */
async function readInferred(
  inferred: InferredTable,
  options: ColumnOptions,
  limits: DatasetLimits,
  totals: TotalsRow | null,
): Promise<IngestedTable | FoundTotals> {
  const { table, inference } = keepColumns(withoutBlanks(inferred), options.columns);
  const { rows, names } = inference;
  if (names.length === 0) throw invalidTable("the table has no columns");
  if (rows === 0) throw invalidTable("the table has no rows");
  checkNames(names, options);
  const guesses = await guessColumns(table, inference, options);
  const plans = planColumns(inference, guesses, options);
  checkMemory(plans, rows, limits);
  const builders = createBuilders(plans, rows, limits);
  const preview = createPreview(plans, rows);
  await table.scan((row, column, cells, index) => {
    const plan = plans[column] as ColumnPlan;
    if (cells.isMissing(index) || (!plan.takesWords && cells.isMissingWord(index))) return;
    if (plan.codes?.has(plan.read(cells, index))) return;
    (builders[column] as ColumnBuilder).set(row, cells, index);
    if (row < PREVIEW_ROWS) preview.set(row, column, cells, index);
  });
  const finished = builders.map((builder) => builder.finish());
  const found = inference.csv && !totals && options.rows !== "all" ? totalsOf(finished, rows) : null;
  if (found) return { totals: found, rows };
  const columns = markIndex(finished, inference);
  const spellings = new Map(finished.flatMap(({ column, spellings: own }) => (own ? [[column.name, own] as const] : [])));
  const duplicates = duplicatesOf(finished, columns, rows);
  const codes = new Map(
    finished.flatMap(({ column, missingCode }) => (missingCode ? [[column.name, missingCode] as const] : [])),
  );
  const { csv = null, sheet = null, encoding = null } = inference;
  const notes = uploadNotes({
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
    inferred: inference.columns,
  });
  return {
    rows,
    names,
    columnsJson: JSON.stringify(columns),
    aboutJson: JSON.stringify({ reading: describeReading(inference, options), notes } satisfies AboutTable),
    previewLines: preview.lines(),
    values: new Map(
      finished.flatMap(({ column, values, texts }) => {
        const own = values ?? texts;
        return own ? [[column.name, own] as const] : [];
      }),
    ),
  };
}

/** Every column that an option names must exist. */
function checkNames(names: readonly string[], { types, date_format: dates }: ColumnOptions): void {
  checkColumns(names, "types", types);
  if (typeof dates === "object") checkColumns(names, "date_format", dates);
}

function checkColumns(names: readonly string[], option: string, byColumn: object): void {
  const known = new Set(names);
  const unknown = Object.keys(byColumn).filter((name) => !known.has(name));
  if (unknown.length > 0)
    throw invalid(unknown.map((name) => ({ pointer: pointerOf([option, name]), detail: "the table has no such column" })));
}

function planColumns(
  { names, columns }: Inference,
  guesses: ReadonlyMap<number, GuessedColumn>,
  options: ColumnOptions,
): ColumnPlan[] {
  return names.map((name, column) => {
    const chosen = chosenType(name, options);
    const guess = guesses.get(column);
    const type = chosen ?? guess?.type ?? columns[column]?.type ?? "empty";
    const written = type === "number" || type === "integer" || type === "datetime" ? guess?.reading : {};
    const missing = missingOf(name, options.missing);
    const reading = { ...written, ...(missing && { missing }) };
    return {
      ...{ name, type, chosen: chosen !== undefined, reading },
      takesWords: type === "label" || type === "category" || type === "text",
      read: createCellReader(type, reading, guess !== undefined),
      codes: missing && guess && (type === "number" || type === "integer") ? missingNumbers(reading) : null,
      doubt: chosen === undefined && guess ? doubtOf(guess) : null,
    };
  });
}

/** The words that are missing in a column; undefined where none are given. */
function missingOf(name: string, missing: ColumnOptions["missing"]): string[] | undefined {
  if (missing === undefined || Array.isArray(missing)) return missing;
  const own = missing[name];
  return own && besideKnown(own);
}

/** The cells that keep a column from being one of numbers or dates, where at least half of it is. */
function doubtOf({ type, fitting, values, odd }: GuessedColumn): OddCells | null {
  const count = values - fitting;
  return type === "label" && count > 0 && fitting * 2 >= values ? { count, cells: [...odd], read_as: "label" } : null;
}

/** The columns; the first is an index if it has no name and counts the rows. */
function markIndex(finished: readonly FinishedColumn[], { csv }: Inference): Column[] {
  const columns = finished.map(({ column }) => column);
  const [first] = finished;
  const isUnnamed = csv?.unnamed[0] === 0 || first?.column.name === "Unnamed: 0";
  if (!isUnnamed || columns.length === 1 || first?.column.type !== "integer" || !first.values) return columns;
  const [start] = first.values;
  const counts = (start === 0 || start === 1) && first.values.every((value, row) => value === start + row);
  return counts ? [{ ...first.column, role: "index" }, ...columns.slice(1)] : columns;
}

/** Rows that repeat an earlier one in all columns except an index; null also for a table with text. */
function duplicatesOf(finished: readonly FinishedColumn[], columns: readonly Column[], rows: number): DuplicateRows | null {
  const compared = finished.filter((_, index) => columns[index]?.role !== "index").map(({ values }) => values);
  const values = compared.filter((each) => each !== null && each !== undefined);
  return values.length === compared.length ? findDuplicateRows(values, rows) : null;
}

/** Bytes of a value of each type while the table is read; text has its own limit (texts.ts). */
const VALUE_BYTES: Readonly<Record<ColumnPlan["type"], number>> = {
  number: Float64Array.BYTES_PER_ELEMENT,
  integer: Float64Array.BYTES_PER_ELEMENT,
  datetime: Float64Array.BYTES_PER_ELEMENT,
  boolean: Int32Array.BYTES_PER_ELEMENT,
  category: Int32Array.BYTES_PER_ELEMENT,
  label: Int32Array.BYTES_PER_ELEMENT,
  text: 0,
  empty: 0,
};

function checkMemory(plans: readonly ColumnPlan[], rows: number, { memoryBytes }: DatasetLimits): void {
  const needed = plans.reduce((total, { type }) => total + VALUE_BYTES[type] * rows, 0);
  if (needed <= memoryBytes) return;
  const detail =
    `the values of ${rows} rows and ${plans.length} columns take ${needed} bytes, ` +
    `more than the limit of ${memoryBytes} (TRAINYARD_MAX_DATASET_MEMORY_BYTES)`;
  throw new TrainyardError("too_large", detail, [{ pointer: "", detail }]);
}

function createBuilders(plans: readonly ColumnPlan[], rows: number, limits: DatasetLimits): ColumnBuilder[] {
  const labels = { rows, maxCategories: limits.categories, budget: createLabelBudget() };
  const scratch = new Float64Array(rows);
  return plans.map((plan) => {
    const { type } = plan;
    if (type === "number" || type === "integer" || type === "datetime")
      return createNumericColumn({ ...plan, type }, rows, scratch);
    if (type === "boolean") return createBooleanColumn(plan, rows);
    return createLabelColumn(type === "empty" ? { ...plan, type: "text" } : plan, labels);
  });
}

/** How a cell is shown in a preview. */
function previewOf({ type, read, chosen }: ColumnPlan, cells: Cells, index: number): PreviewValue {
  if (type === "empty") return null;
  if (type === "boolean") return readTruth(cells, index, chosen) < 0 ? null : readTruth(cells, index, chosen) === 1;
  if (type !== "number" && type !== "integer" && type !== "datetime") return shown(labelIn(cells, index));
  const value = read(cells, index);
  return Number.isNaN(value) ? null : type === "datetime" ? isoTime(value) : value;
}

function createPreview(plans: readonly ColumnPlan[], rows: number) {
  const shownRows = Array.from({ length: Math.min(rows, PREVIEW_ROWS) }, () =>
    Array.from({ length: plans.length }, (): PreviewValue => null),
  );
  return {
    set(row: number, column: number, cells: Cells, index: number): void {
      (shownRows[row] as PreviewValue[])[column] = previewOf(plans[column] as ColumnPlan, cells, index);
    },
    /** Rows as JSON, as many as fit, and always the first one. */
    lines(): string[] {
      let left = PREVIEW_CHARACTERS;
      const all = shownRows.map((row) => JSON.stringify(row));
      return all.filter((line, row) => {
        left -= line.length;
        return row === 0 || left >= 0;
      });
    },
  };
}
