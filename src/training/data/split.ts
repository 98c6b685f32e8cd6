/** Which rows train and which are held out, as a function of the seed and of what the split names; never of the clock. */
import type { DatasetRows } from "../../domain/datasets/dataset.ts";
import type { FieldError } from "../../domain/errors.ts";
import type { Split, Task } from "../../domain/spec/spec.ts";
import { createRandom, type Random, streamKey } from "../../engine/index.ts";

/** Positions of rows, in the order of the table within each part. `train` is never empty. */
export interface Parts {
  readonly train: Int32Array<ArrayBuffer>;
  readonly validation: Int32Array<ArrayBuffer>;
  readonly test: Int32Array<ArrayBuffer>;
}

/** What a split may look at, besides the number of rows. */
export interface SplitSources {
  /** Class of each row, for stratifying; null for a regression. */
  readonly classes: ArrayLike<number> | null;
  /** Label of a row in the column that splits; null where it is missing. */
  readonly labelOf: ((row: number) => string | null) | null;
}

const PART = { train: 0, validation: 1, test: 2 } as const;

/** A split with nothing left open: shares are stratified by class where they can be, unless told otherwise. */
export function resolveSplit(split: Split | null, stratify: boolean): Split | null {
  if (split === null || "column" in split || "validation_rows" in split) return split;
  return { ...split, stratify: split.stratify ?? stratify };
}

/** What is wrong with a split of so many rows for a task. */
export function splitErrors(split: Split | null, rows: number, task: Task): FieldError[] {
  if (split === null || "column" in split) return [];
  if ("validation_rows" in split) {
    return (["validation_rows", "test_rows"] as const).flatMap((field) =>
      split[field].flatMap((row, index) =>
        row < rows ? [] : [{ pointer: `/split/${field}/${index}`, detail: `row ${row} is not one of 0..${rows - 1}` }],
      ),
    );
  }
  return split.stratify && task === "regression"
    ? [{ pointer: "/split/stratify", detail: "is for classes; a regression has none" }]
    : [];
}

/** Which labels of a split by a column no row has: such a split would hold out less than it says. */
export function labelErrors(split: Split | null, { columns }: DatasetRows): FieldError[] {
  if (split === null || !("column" in split)) return [];
  const column = columns.find(({ name }) => name === split.column);
  const labels = column?.categories ?? [];
  return (["validation", "test"] as const).flatMap((part) =>
    split[part].flatMap((label, index) => {
      if (labels.includes(label)) return [];
      const shown = labels.slice(0, MAX_SHOWN_LABELS).map((known) => JSON.stringify(known));
      const more = labels.length > shown.length ? `, and ${labels.length - shown.length} more` : "";
      const detail = `no row of ${split.column} is ${JSON.stringify(label)}: its labels are ${shown.join(", ")}${more}`;
      return [{ pointer: `/split/${part}/${index}`, detail }];
    }),
  );
}

const MAX_SHOWN_LABELS = 20;

/** How many rows a split holds out, by its shares or its lists alone. */
export function heldOutCounts(
  rows: number,
  split: Split | null,
): { readonly validationRows: number; readonly testRows: number } {
  if (split === null || "column" in split) return { validationRows: 0, testRows: 0 };
  if ("validation_rows" in split)
    return { validationRows: new Set(split.validation_rows).size, testRows: new Set(split.test_rows).size };
  const validationRows = heldOutCount(rows, split.validation);
  return { validationRows, testRows: Math.min(heldOutCount(rows, split.test), rows - 1 - validationRows) };
}

/** Reads the column that splits, where one does. */
export function labelsOf(split: Split | null, { columns, values }: DatasetRows): SplitSources["labelOf"] {
  if (split === null || !("column" in split)) return null;
  const categories = columns.find(({ name }) => name === split.column)?.categories ?? [];
  const codes = values.get(split.column);
  return (row) => categories[codes?.[row] ?? -1] ?? null;
}

/** How many of `rows` are held out: rounded, and never all of them. */
function heldOutCount(rows: number, share: number): number {
  return Math.min(rows - 1, Math.round(rows * share));
}

/** Splits rows 0..rows-1. Null when nothing would be left to train on. */
export function splitRows(rows: number, split: Split | null, seed: number, sources: SplitSources): Parts | null {
  const partOf = new Uint8Array(rows);
  if (split && "column" in split) assignByLabel(partOf, split, sources);
  else if (split && "validation_rows" in split) assignGiven(partOf, split);
  else if (split) assignShares(partOf, split, createRandom(streamKey(seed, "split")), sources);
  const rowsOf = (part: number) => {
    const found = new Int32Array(partOf.length);
    let next = 0;
    for (let row = 0; row < partOf.length; row++) if (partOf[row] === part) found[next++] = row;
    return found.slice(0, next);
  };
  const train = rowsOf(PART.train);
  return train.length === 0 ? null : { train, validation: rowsOf(PART.validation), test: rowsOf(PART.test) };
}

/**
 * Splits the rows `present` of a table and no others: shares are of these. Null as `splitRows`; `present` null stands for all of
 * the `rows`. What the split and its sources say of rows is by their place in the table.
 */
export function splitPresent(
  present: Int32Array | null,
  rows: number,
  split: Split | null,
  seed: number,
  { classes, labelOf }: SplitSources,
): Parts | null {
  if (present === null) return splitRows(rows, split, seed, { classes, labelOf });
  const placeOf = new Map(Array.from(present, (row, place) => [row, place]));
  const placesOf = (given: readonly number[]) => given.flatMap((row) => placeOf.get(row) ?? []);
  const own =
    split && "validation_rows" in split
      ? { ...split, validation_rows: placesOf(split.validation_rows), test_rows: placesOf(split.test_rows) }
      : split;
  const parts = splitRows(present.length, own, seed, {
    classes: classes && Int32Array.from(present, (row) => classes[row] as number),
    labelOf: labelOf && ((place) => labelOf(present[place] as number)),
  });
  const rowsOf = (places: Int32Array) => Int32Array.from(places, (place) => present[place] as number);
  return parts && { train: rowsOf(parts.train), validation: rowsOf(parts.validation), test: rowsOf(parts.test) };
}

type Shares = Extract<Split, { validation: number }>;

function assignShares(partOf: Uint8Array, split: Shares, random: Random, { classes }: SplitSources): void {
  const groups = split.stratify && classes ? rowsByClass(classes) : [Array.from(partOf.keys())];
  for (const group of groups) {
    const order = random.permutation(group.length);
    const validation = heldOutCount(group.length, split.validation);
    const heldOut = validation + Math.min(heldOutCount(group.length, split.test), group.length - 1 - validation);
    for (let i = 0; i < heldOut; i++) {
      partOf[group[order[i] as number] as number] = i < validation ? PART.validation : PART.test;
    }
  }
}

function assignByLabel(partOf: Uint8Array, split: Extract<Split, { column: string }>, { labelOf }: SplitSources): void {
  const parts = new Map<string | null, number>();
  for (const label of split.validation) parts.set(label, PART.validation);
  for (const label of split.test) parts.set(label, PART.test);
  for (let row = 0; row < partOf.length; row++) partOf[row] = parts.get(labelOf?.(row) ?? null) ?? PART.train;
}

function assignGiven(partOf: Uint8Array, split: Extract<Split, { validation_rows: number[] }>): void {
  for (const row of split.validation_rows) partOf[row] = PART.validation;
  for (const row of split.test_rows) partOf[row] = PART.test;
}

function rowsByClass(classes: ArrayLike<number>): number[][] {
  const groups = new Map<number, number[]>();
  for (let row = 0; row < classes.length; row++) {
    const label = classes[row] as number;
    const group = groups.get(label);
    if (group) group.push(row);
    else groups.set(label, [row]);
  }
  return [...groups.entries()].sort(([a], [b]) => a - b).map(([, group]) => group);
}
