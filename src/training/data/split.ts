/** Which rows train and which are held out, as a function of the seed and of what the split names; never of the clock. */
import type { DatasetRows } from "../../domain/datasets/dataset.ts";
import type { FieldError } from "../../domain/errors.ts";
import type { Task } from "../../domain/spec/spec.ts";
import {
  formOf,
  type ResolvedSplit,
  type Split,
  type SplitForm,
  type SplitForms,
  splitColumnOf,
} from "../../domain/spec/split.ts";
import { createRandom, streamKey } from "../../engine/index.ts";
import { assignByGroup, assignByTime, PART, type SplitColumn } from "./splits/column-splits.ts";
import { assignShares, heldOutCount } from "./splits/share-split.ts";

/** Positions of rows, in the order of the table within each part. `train` is never empty. */
export interface Parts {
  readonly train: Int32Array<ArrayBuffer>;
  readonly validation: Int32Array<ArrayBuffer>;
  readonly test: Int32Array<ArrayBuffer>;
}

/** The parts, or why the rows cannot be split so. */
export type SplitResult =
  | { readonly ok: true; readonly parts: Parts }
  | { readonly ok: false; readonly errors: readonly [FieldError] };

/** What a split may use, besides the number of rows. */
export interface SplitSources {
  /** Class of each row, for stratifying; null for a regression. */
  readonly classes: ArrayLike<number> | null;
  /** The column that splits; null if none does. */
  readonly column: SplitColumn | null;
}

/** A split with nothing left open: shares are stratified by class if possible, unless the spec says otherwise; labels are text. */
export function resolveSplit(split: Split | null, stratify: boolean): Split | null {
  if (split === null) return split;
  if ("column" in split) return { ...split, validation: split.validation.map(String), test: split.test.map(String) };
  if (!isStratifiable(split)) return split;
  return { ...split, stratify: split.stratify ?? stratify };
}

function isStratifiable(split: Split): split is SplitForms["shares"] | SplitForms["group"] {
  const { form } = formOf(split);
  return form === "shares" || form === "group";
}

/** The error for a split of this many rows and a task. */
export function splitErrors(split: Split | null, rows: number, task: Task): FieldError[] {
  if (split === null) return [];
  const formed = formOf(split);
  if (formed.form === "positions") {
    return (["validation_rows", "test_rows"] as const).flatMap((field) =>
      formed.split[field].flatMap((row, index) =>
        row < rows ? [] : [{ pointer: `/split/${field}/${index}`, detail: `row ${row} is not one of 0..${rows - 1}` }],
      ),
    );
  }
  return isStratifiable(split) && split.stratify && task === "regression"
    ? [{ pointer: "/split/stratify", detail: "is only for classes; a regression has none" }]
    : [];
}

/** Labels of a split by a column that no row has: the split would hold out less than it says. */
export function labelErrors(split: Split | null, dataset: DatasetRows): FieldError[] {
  const formed = split && formOf(split);
  if (formed?.form !== "labels") return [];
  const { column, ...labels } = formed.split;
  const { texts } = labelsOf(splitColumn(split, dataset) as SplitColumn);
  const known = new Set<unknown>(texts);
  return (["validation", "test"] as const).flatMap((part) =>
    labels[part].flatMap((label, index) => {
      if (known.has(label)) return [];
      const shown = texts.slice(0, MAX_SHOWN_LABELS).map((text) => JSON.stringify(text));
      const more = texts.length > shown.length ? `, and ${texts.length - shown.length} more` : "";
      const detail = `no row of ${column} is ${JSON.stringify(label)}: its labels are ${shown.join(", ")}${more}`;
      return [{ pointer: `/split/${part}/${index}`, detail }];
    }),
  );
}

const MAX_SHOWN_LABELS = 20;

/** The column by which a data set is split; null if there is none. Throws if its values were not loaded. */
export function splitColumn(split: ResolvedSplit | null, { columns, values }: DatasetRows): SplitColumn | null {
  const named = splitColumnOf(split);
  const column = named && columns.find(({ name }) => name === named.name);
  if (!column) return null;
  const own = values.get(column.name);
  if (!own) throw new Error(`the values of column ${column.name} were not loaded`);
  return { column, values: own };
}

/** The labels of a column in order, whole numbers by value, and the label of each row: its index among them, or -1. */
function labelsOf({ column, values }: SplitColumn): { texts: readonly string[]; placeOf: (row: number) => number } {
  if (column.categories) return { texts: column.categories, placeOf: (row) => values[row] as number };
  const found = [...new Set(values)].filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  const places = new Map(found.map((value, place) => [value, place]));
  return { texts: found.map(String), placeOf: (row) => places.get(values[row] as number) ?? -1 };
}

/** How many rows a split holds out, from its shares or its lists alone. */
export function heldOutCounts(
  rows: number,
  split: Split | null,
): { readonly validationRows: number; readonly testRows: number } {
  const formed = split && formOf(split);
  if (formed?.form === "positions") {
    const { validation_rows, test_rows } = formed.split;
    return { validationRows: new Set(validation_rows).size, testRows: new Set(test_rows).size };
  }
  if (formed?.form !== "shares") return { validationRows: 0, testRows: 0 };
  const validationRows = heldOutCount(rows, formed.split.validation);
  return { validationRows, testRows: Math.min(heldOutCount(rows, formed.split.test), rows - 1 - validationRows) };
}

/** Writes the part of each row; all rows must be training rows before. Returns an error if they cannot be split this way. */
type Assign<F extends SplitForm> = (
  partOf: Uint8Array,
  split: SplitForms[F],
  sources: SplitSources,
  seed: number,
) => string | null;

/** The implementation of each form of a split. */
const ASSIGN: { readonly [F in SplitForm]: Assign<F> } = {
  shares: (partOf, split, sources, seed) => assignShares(partOf, split, createRandom(streamKey(seed, "split")), sources),
  group: (partOf, split, { column, classes }) => assignByGroup(partOf, split, column as SplitColumn, classes),
  time: (partOf, split, { column }) => assignByTime(partOf, split, column as SplitColumn),
  labels: (partOf, split, { column }) => assignByLabel(partOf, split, column as SplitColumn),
  positions: assignGiven,
};

/** Splits rows 0..rows-1. */
export function splitRows(rows: number, split: Split | null, seed: number, sources: SplitSources): SplitResult {
  const partOf = new Uint8Array(rows);
  if (split) {
    const { form, split: own } = formOf(split);
    const fault = (ASSIGN[form] as Assign<SplitForm>)(partOf, own, sources, seed);
    if (fault) return refused(splitColumnOf(split)?.pointer ?? "/split", fault);
  }
  const rowsOf = (part: number) => {
    const found = new Int32Array(partOf.length);
    let next = 0;
    for (let row = 0; row < partOf.length; row++) if (partOf[row] === part) found[next++] = row;
    return found.slice(0, next);
  };
  const train = rowsOf(PART.train);
  if (train.length === 0) return refused("/split", "leaves no rows to train on");
  return { ok: true, parts: { train, validation: rowsOf(PART.validation), test: rowsOf(PART.test) } };
}

const refused = (pointer: string, detail: string): SplitResult => ({ ok: false, errors: [{ pointer, detail }] });

/**
 * Splits only the rows `present` of a table: shares are of these. `present` null stands for all `rows`. Positions in the split and its
 * sources are positions in the table.
 */
export function splitPresent(
  present: Int32Array | null,
  rows: number,
  split: Split | null,
  seed: number,
  { classes, column }: SplitSources,
): SplitResult {
  if (present === null) return splitRows(rows, split, seed, { classes, column });
  const placeOf = new Map(Array.from(present, (row, place) => [row, place]));
  const placesOf = (given: readonly number[]) => given.flatMap((row) => placeOf.get(row) ?? []);
  const own =
    split && "validation_rows" in split
      ? { ...split, validation_rows: placesOf(split.validation_rows), test_rows: placesOf(split.test_rows) }
      : split;
  const isHere = (_: number, row: number) => placeOf.has(row);
  const result = splitRows(present.length, own, seed, {
    classes: classes && Int32Array.from(present, (row) => classes[row] as number),
    column: column && { column: column.column, values: column.values.filter(isHere) as SplitColumn["values"] },
  });
  if (!result.ok) return result;
  const rowsOf = (places: Int32Array) => Int32Array.from(places, (place) => present[place] as number);
  const { train, validation, test } = result.parts;
  return { ok: true, parts: { train: rowsOf(train), validation: rowsOf(validation), test: rowsOf(test) } };
}

function assignByLabel(partOf: Uint8Array, split: SplitForms["labels"], column: SplitColumn): null {
  const { texts, placeOf } = labelsOf(column);
  const parts = new Map<unknown, number>();
  for (const label of split.validation) parts.set(label, PART.validation);
  for (const label of split.test) parts.set(label, PART.test);
  const partOfPlace = texts.map((text) => parts.get(text) ?? PART.train);
  for (let row = 0; row < partOf.length; row++) partOf[row] = partOfPlace[placeOf(row)] ?? PART.train;
  return null;
}

function assignGiven(partOf: Uint8Array, split: SplitForms["positions"]): null {
  for (const row of split.validation_rows) partOf[row] = PART.validation;
  for (const row of split.test_rows) partOf[row] = PART.test;
  return null;
}
