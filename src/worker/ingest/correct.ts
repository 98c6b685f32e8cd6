/** Corrects cells of one column of a stored table, and describes the table again. Knows nothing of uploads. */
import { createHash } from "node:crypto";
import type { CorrectedCell } from "../../domain/datasets/corrections.ts";
import type { Column, ColumnValues, OddCells } from "../../domain/datasets/dataset.ts";
import type { AboutTable } from "../../domain/datasets/table-reading.ts";
import type { CorrectedColumn, Correction, CorrectionTask } from "../../domain/datasets/upload.ts";
import { type FieldError, pointerOf } from "../../domain/errors.ts";
import { MAX_NOTES, type Note, type UploadNoteCode } from "../../domain/notes.ts";
import { type PreviewValue, shown } from "./column.ts";
import { BOOLEANS, describeLabels } from "./label-column.ts";
import { MAX_LISTED_CHARACTERS } from "./labels.ts";
import { describeNumbers } from "./numeric-column.ts";
import { remainingOddCells } from "./remaining-odd-cells.ts";
import { oddNote } from "./upload-notes.ts";

/** A column with its corrected values; `preview` shows a corrected cell. */
interface Corrected {
  readonly column: Column;
  readonly values: ColumnValues;
}

/** Applies corrections to the transferred values. Errors in them are returned. */
export function correctColumn(task: CorrectionTask, maxCategories: number): Correction {
  const columns = JSON.parse(task.columnsJson) as Column[];
  const index = columns.findIndex(({ name }) => name === task.name);
  const column = columns[index] as Column;
  const errors = cellErrors(task, column);
  if (errors.length > 0) return { ok: false, errors };
  const about: AboutTable = task.aboutJson ? (JSON.parse(task.aboutJson) as AboutTable) : { reading: null, notes: [] };
  const odd = remainingOddCells({ column, values: task.values, cells: task.cells, reading: about.reading });
  const corrected = column.type === "category" ? correctLabels(task, column) : correctNumbersOrTruths(task, column);
  const all = columns.with(index, withOdd(corrected.column, odd));
  const fault = labelsFault(all, index, maxCategories);
  if (fault) return { ok: false, errors: [{ pointer: "/cells", detail: fault }] };
  return { ok: true, corrected: describe(task, all, index, corrected.values, about) };
}

function withOdd({ odd: _, ...column }: Column, odd: OddCells | null): Column {
  return { ...column, ...(odd && { odd }) };
}

/** Why the labels of a table are too many; null if they are not. The limits are those of uploads. */
function labelsFault(columns: readonly Column[], index: number, maxCategories: number): string | null {
  const { type, categories } = columns[index] as Column;
  if (type !== "category" || !categories) return null;
  if (categories.length > maxCategories)
    return `the column would have ${categories.length} categories, more than ${maxCategories} (TRAINYARD_MAX_CATEGORIES)`;
  const listed = columns.reduce(
    (total, each) => total + (each.categories ?? []).reduce((sum, { length }) => sum + length, 0),
    0,
  );
  if (listed <= MAX_LISTED_CHARACTERS) return null;
  return `the labels of all columns would have ${listed} characters, more than ${MAX_LISTED_CHARACTERS}: use fewer or shorter ones`;
}

/** The possible cells of each type of column. */
const FITS: Readonly<Partial<Record<Column["type"], (value: NonNullable<CorrectedCell["value"]>) => boolean>>> = {
  category: (value) => typeof value === "string",
  boolean: (value) => typeof value === "boolean" || BOOLEANS.includes(value as string),
  integer: (value) => Number.isSafeInteger(value),
  number: (value) => Number.isFinite(value),
};
const KINDS: Readonly<Partial<Record<Column["type"], string>>> = {
  category: "a label as text",
  boolean: "true or false",
  integer: "a whole number up to 2^53",
  number: "a finite number",
};

function cellErrors({ cells, rows }: CorrectionTask, { type, name }: Column): FieldError[] {
  const fits = FITS[type];
  if (!fits)
    return [
      {
        pointer: "/column",
        detail: `${JSON.stringify(name)} is ${type}: only columns of labels, booleans or numbers can be corrected`,
      },
    ];
  const seen = new Set<number>();
  return cells.flatMap(({ row, value }, index): FieldError[] => {
    const at = (field: string) => pointerOf(["cells", index, field]);
    if (row >= rows) return [{ pointer: at("row"), detail: `the data set has ${rows} rows, counted from 0` }];
    if (seen.has(row)) return [{ pointer: at("row"), detail: "this row is already in the list" }];
    seen.add(row);
    return value === null || fits(value)
      ? []
      : [{ pointer: at("value"), detail: `must be ${KINDS[type]}, or null for missing` }];
  });
}

function correctLabels({ cells, values }: CorrectionTask, column: Column): Corrected {
  const codes = values as Int32Array<ArrayBuffer>;
  const labels = [...(column.categories ?? [])];
  const codeOf = new Map(labels.map((label, code) => [label, code]));
  for (const { row, value } of cells) {
    if (typeof value === "string" && !codeOf.has(value)) codeOf.set(value, labels.push(value) - 1);
    codes[row] = value === null ? -1 : (codeOf.get(value as string) as number);
  }
  const counts = labels.map(() => 0);
  for (const code of codes) if (code >= 0) counts[code]! += 1;
  const sorted = labels.filter((_, code) => (counts[code] as number) > 0).sort();
  const places = new Map(sorted.map((label, place) => [label, place]));
  const ranks = labels.map((label) => places.get(label) ?? -1);
  const described = describeLabels(column.name, "category", codes.length, labels, counts);
  for (let row = 0; row < codes.length; row++)
    if ((codes[row] as number) >= 0) codes[row] = ranks[codes[row] as number] as number;
  return { column: { ...column, ...described, categories: sorted }, values: codes };
}

function correctNumbersOrTruths({ cells, values }: CorrectionTask, column: Column): Corrected {
  if (column.type === "boolean") {
    const codes = values as Int32Array<ArrayBuffer>;
    for (const { row, value } of cells) codes[row] = value === null ? -1 : BOOLEANS.indexOf(String(value));
    const counts = [0, 0];
    for (const code of codes) if (code >= 0) counts[code]! += 1;
    const described = describeLabels(column.name, "boolean", codes.length, BOOLEANS, counts);
    return { column: { ...column, ...described, categories: [...BOOLEANS] }, values: codes };
  }
  const numbers = values as Float64Array<ArrayBuffer>;
  for (const { row, value } of cells) numbers[row] = value === null ? Number.NaN : (value as number);
  const type = column.type as "number" | "integer";
  return { column: { ...column, ...describeNumbers({ name: column.name, type }, numbers) }, values: numbers };
}

/** The table as it is stored: its columns, first rows and notes. */
function describe(
  task: CorrectionTask,
  columns: readonly Column[],
  index: number,
  values: ColumnValues,
  about: AboutTable,
): CorrectedColumn {
  const { cells, name, parent } = task;
  const sorted = cells.toSorted((a, b) => a.row - b.row);
  const previewLines = [...task.previewLines];
  for (const { row, value } of sorted) {
    const line = previewLines[row];
    if (line === undefined) continue;
    const shownValue: PreviewValue = typeof value === "string" && columns[index]?.type === "category" ? shown(value) : value;
    const cell = columns[index]?.type === "boolean" && value !== null ? String(value) === "true" : shownValue;
    previewLines[row] = JSON.stringify((JSON.parse(line) as PreviewValue[]).with(index, cell));
  }
  const column = columns[index] as Column;
  const others = about.notes.filter((each) => each.column !== name || !ODD_CODES.includes(each.code));
  const odd = column.odd ? [oddNote(column, column.odd, task.rows)] : [];
  const notes = [correctedNote(task), ...others, ...odd].slice(0, MAX_NOTES);
  const text = JSON.stringify({ column: name, cells: sorted.map(({ row, value }) => [row, value]) });
  return {
    columnsJson: JSON.stringify(columns),
    aboutJson: JSON.stringify({ ...about, notes }),
    previewLines,
    values,
    sha256: createHash("sha256").update(`${parent.sha256}\n${text}`).digest("hex"),
  };
}

/** Notes on odd cells, which are written again. */
const ODD_CODES: readonly string[] = ["cells_read_as_missing", "column_in_doubt"] satisfies readonly UploadNoteCode[];

function correctedNote({ cells, name, parent }: CorrectionTask): Note {
  return {
    code: "cells_corrected",
    column: name,
    line: null,
    detail: `${cells.length === 1 ? `1 cell of ${name} was` : `${cells.length} cells of ${name} were`} corrected; the original is ${parent.id}`,
    cure: "train on the original if the corrections were not intended",
  };
}
