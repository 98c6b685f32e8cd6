/** A table to a data set: two walks through it, one to see what its columns are and one to take their values in. */
import type { ColumnType, ReadingOptions } from "../../domain/datasets/dataset.ts";
import type { IngestedTable } from "../../domain/datasets/upload.ts";
import { invalid, pointerOf, TrainyardError } from "../../domain/errors.ts";
import type { DatasetLimits } from "../../domain/limits.ts";
import { selectColumns } from "../../formats/tables/selection.ts";
import { type Cells, invalidTable, type Table } from "../../formats/tables/table.ts";
import { type ColumnBuilder, type ColumnPlan, type PreviewValue, readTruth, shown } from "./column.ts";
import { type Inference, inferTypes } from "./infer.ts";
import { createBooleanColumn, createLabelColumn } from "./label-column.ts";
import { createLabelBudget } from "./labels.ts";
import { createNumericColumn, isoTime } from "./numeric-column.ts";

/** Rows that a preview has at most, and what it may take: tables with very many columns show fewer rows. */
const PREVIEW_ROWS = 100;
const PREVIEW_CHARACTERS = 1024 * 1024;

/** Reads a table that is walked through twice. Throws what is wrong with it, with the place. */
export async function readTable(
  table: Table,
  { types, columns }: Pick<ReadingOptions, "types" | "columns">,
  limits: DatasetLimits,
): Promise<IngestedTable> {
  const found = await inferTypes(table);
  const kept = selectColumns(found.names, columns);
  const places = new Map(kept.map((column, place) => [column, place]));
  const inference = keepColumns(found, kept);
  const { rows, names } = inference;
  if (names.length === 0) throw invalidTable("the table has no columns");
  if (rows === 0) throw invalidTable("the table has no rows");
  const plans = planColumns(inference, types);
  checkMemory(plans, rows, limits);
  const builders = createBuilders(plans, rows, limits);
  const preview = createPreview(plans, rows);
  await table.scan((row, given, cells, index) => {
    const column = places.get(given);
    if (column === undefined) return;
    if (cells.isMissing(index) || (!(plans[column] as ColumnPlan).takesWords && cells.isMissingWord(index))) return;
    (builders[column] as ColumnBuilder).set(row, cells, index);
    if (row < PREVIEW_ROWS) preview.set(row, column, cells, index);
  });
  const finished = builders.map((builder) => builder.finish());
  return {
    rows,
    names,
    columnsJson: JSON.stringify(finished.map(({ column }) => column)),
    previewLines: preview.lines(),
    values: new Map(finished.flatMap(({ column, values }) => (values ? [[column.name, values] as const] : []))),
  };
}

function keepColumns({ rows, names, types }: Inference, kept: readonly number[]): Inference {
  return {
    rows,
    names: kept.map((column) => names[column] as string),
    types: kept.map((column) => types[column] ?? "empty"),
  };
}

function planColumns({ names, types: inferred }: Inference, types: Readonly<Record<string, ColumnType>>): ColumnPlan[] {
  const unknown = Object.keys(types).filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    throw invalid(unknown.map((name) => ({ pointer: pointerOf(["types", name]), detail: "there is no such column" })));
  }
  return names.map((name, column) => {
    const chosen = Object.hasOwn(types, name) ? types[name] : undefined;
    const type = chosen ?? inferred[column] ?? "empty";
    return { name, type, chosen: chosen !== undefined, takesWords: type === "label" || type === "category" || type === "text" };
  });
}

/** Bytes of a value of each type while the table is read; text has none. */
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
  return plans.map((plan) => {
    const { type } = plan;
    if (type === "number" || type === "integer" || type === "datetime") return createNumericColumn({ ...plan, type }, rows);
    if (type === "boolean") return createBooleanColumn(plan, rows);
    return createLabelColumn(type === "empty" ? { ...plan, type: "text" } : plan, labels);
  });
}

/** How a cell is shown in a preview. */
const PREVIEW: Readonly<Record<ColumnPlan["type"], (cells: Cells, index: number) => PreviewValue>> = {
  number: (cells, index) => cells.number(index),
  integer: (cells, index) => cells.number(index),
  datetime: (cells, index) => isoTime(cells.datetime(index)),
  boolean: (cells, index) => readTruth(cells, index, true) === 1,
  category: (cells, index) => shown(cells.text(index)),
  label: (cells, index) => shown(cells.text(index)),
  text: (cells, index) => shown(cells.text(index)),
  empty: () => null,
};

function createPreview(plans: readonly ColumnPlan[], rows: number) {
  const shownRows = Array.from({ length: Math.min(rows, PREVIEW_ROWS) }, () =>
    Array.from({ length: plans.length }, (): PreviewValue => null),
  );
  return {
    set(row: number, column: number, cells: Cells, index: number): void {
      const { type } = plans[column] as ColumnPlan;
      (shownRows[row] as PreviewValue[])[column] = PREVIEW[type](cells, index);
    },
    /** Each row as JSON, as many as there is room for, and the first one always. */
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
