/** Splits by a column of groups or of times: the part of each row, or why there is none. */
import type { Column, ColumnValues } from "../../../domain/datasets/dataset.ts";
import type { SplitForms } from "../../../domain/spec/split.ts";
import { type ClassCounts, dealByClass, dealBySize } from "./group-folds.ts";

/** The parts of a split, as numbers for each row. */
export const PART = { train: 0, validation: 1, test: 2 } as const;

/** A column by which rows are split. */
export interface SplitColumn {
  readonly column: Column;
  /** In the order of the rows. */
  readonly values: ColumnValues;
}

/** Whether a row has no value: -1 for labels, NaN for numbers. */
function isMissing(values: ColumnValues, row: number): boolean {
  return values instanceof Int32Array ? values[row] === -1 : Number.isNaN(values[row]);
}

/** Maximum folds that groups are dealt to: shares are met to a hundredth. */
const MAX_FOLDS = 100;
/** How far a number of folds may miss the shares. */
const SHARE_TOLERANCE = 1e-3;
/** A fold larger than this many times the requested size is held out last. */
const OVERWEIGHT = 1.5;

/** Writes the part of each row into `partOf`, all 0 before. Returns an error if the groups cannot be split this way. */
export function assignByGroup(
  partOf: Uint8Array,
  split: SplitForms["group"],
  { column, values }: SplitColumn,
  classes: ArrayLike<number> | null,
): string | null {
  const { groupOf, sizes } = groupsOf(values);
  if (split.validation === 0 && split.test === 0) return null;
  const { folds, validation, test } = planFolds(split, sizes.length);
  if (validation + test >= folds)
    return `${column.name} has ${counted(sizes.length, "group")}: too few to train on some and hold out ${heldOut(split)}`;
  const foldOf = dealGroups({ groupOf, sizes }, split.stratify ? classes : null, folds);
  const rows = new Float64Array(folds);
  foldOf.forEach((fold, group) => {
    rows[fold] = (rows[fold] as number) + (sizes[group] as number);
  });
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const most = (OVERWEIGHT * total * (split.validation + split.test)) / (validation + test);
  const isLast = (fold: number) => (rows[fold] === 0 || (rows[fold] as number) > most ? 1 : 0);
  const order = Array.from({ length: folds }, (_, fold) => fold).sort((a, b) => isLast(a) - isLast(b));
  const partOfFold = new Uint8Array(folds);
  order.slice(0, validation + test).forEach((fold, place) => {
    partOfFold[fold] = place < validation ? PART.validation : PART.test;
  });
  groupOf.forEach((group, row) => {
    if (group >= 0) partOf[row] = partOfFold[foldOf[group] as number] as number;
  });
  return null;
}

/** A number of things, in words: `1 group`, `2 groups`. */
export const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? "" : "s"}`;

const heldOut = ({ validation, test }: { readonly validation: number; readonly test: number }) =>
  [validation > 0 && "validation", test > 0 && "test"].filter(Boolean).join(" and ");

/** The smallest number of folds that can make up the shares; the number of groups if these are too few. */
function planFolds({ validation, test }: SplitForms["group"], groups: number) {
  const most = Math.min(groups, MAX_FOLDS);
  const misses = (share: number, folds: number) => Math.abs(share - Math.round(share * folds) / folds) > SHARE_TOLERANCE;
  let folds = 2;
  while (folds < most && (misses(validation, folds) || misses(test, folds))) folds++;
  folds = Math.min(folds, most);
  // Leave a fold for each other part, as long as there is one.
  const foldsOf = (share: number, others: number) =>
    share === 0 ? 0 : Math.max(1, Math.min(Math.round(share * folds), folds - others));
  const forTest = foldsOf(test, validation > 0 ? 2 : 1);
  return { folds, validation: foldsOf(validation, 1 + forTest), test: forTest };
}

/** The group of each row, as an index in the order of the values, -1 if it has none; and the number of rows of each group. */
export function groupsOf(values: ColumnValues): { readonly groupOf: Int32Array; readonly sizes: readonly number[] } {
  const counts = new Map<number, number>();
  values.forEach((value, row) => {
    if (!isMissing(values, row)) counts.set(value, (counts.get(value) ?? 0) + 1);
  });
  const found = [...counts.keys()].sort((a, b) => a - b);
  const placeOf = new Map(found.map((value, place) => [value, place]));
  return {
    groupOf: Int32Array.from(values, (value) => placeOf.get(value) ?? -1),
    sizes: found.map((value) => counts.get(value) as number),
  };
}

/** The fold of each group: by the classes of its rows if there are any, else by its size. */
export function dealGroups(
  { groupOf, sizes }: ReturnType<typeof groupsOf>,
  classes: ArrayLike<number> | null,
  folds: number,
): Int32Array {
  if (!classes) return dealBySize(sizes, folds);
  return dealByClass(classCountsOf(groupOf, sizes.length, classes), classCount(classes), folds);
}

function classCountsOf(groupOf: Int32Array, groups: number, classes: ArrayLike<number>): ClassCounts[] {
  const counts = Array.from({ length: groups }, () => new Map<number, number>());
  groupOf.forEach((group, row) => {
    const own = counts[group];
    const label = classes[row] as number;
    own?.set(label, (own.get(label) ?? 0) + 1);
  });
  return counts;
}

function classCount(classes: ArrayLike<number>): number {
  let most = -1;
  for (let row = 0; row < classes.length; row++) most = Math.max(most, classes[row] as number);
  return most + 1;
}

/**
 * Writes the part of each row into `partOf`, all 0 before: the last rows are the test part, those before them validation. Holds out
 * floor(share n) of n rows, as scikit-learn's TimeSeriesSplit does for a share of 1/(splits + 1), or as near to that as rows of one time
 * allow. Returns an error if there are too few times.
 */
export function assignByTime(
  partOf: Uint8Array,
  { validation, test }: SplitForms["time"],
  { column, values }: SplitColumn,
): string | null {
  const { rows, changes } = rowsByTime(values);
  let end = rows.length;
  const parts = [
    { part: PART.test, share: test },
    { part: PART.validation, share: validation },
  ].filter(({ share }) => share > 0);
  for (const [index, { part, share }] of parts.entries()) {
    // Each later part needs its own change of time before this one.
    const before = changes.filter((place) => place < end).slice(parts.length - 1 - index);
    if (before.length === 0)
      return `${column.name} has ${counted(rows.length === 0 ? 0 : changes.length + 1, "different value")}: too few to train on the first rows and hold out ${heldOut({ validation, test })}`;
    const from = nearestTo(before, end - heldOutRows(rows.length, share));
    for (let place = from; place < end; place++) partOf[rows[place] as number] = part;
    end = from;
  }
  return null;
}

/** Rows with a time, sorted by time and then in the order of the table, and the positions in that order at which the time changes. */
export function rowsByTime(values: ColumnValues): { readonly rows: Int32Array; readonly changes: readonly number[] } {
  const rows = Int32Array.from(values.keys()).filter((row) => !isMissing(values, row));
  // The engine's sort of typed arrays is stable only by the comparison: rows of one time keep their order.
  rows.sort((a, b) => (values[a] as number) - (values[b] as number) || a - b);
  const changes: number[] = [];
  for (let place = 1; place < rows.length; place++)
    if (values[rows[place] as number] !== values[rows[place - 1] as number]) changes.push(place);
  return { rows, changes };
}

/** floor(share n) without rounding errors of binary fractions, and at least 1. */
function heldOutRows(rows: number, share: number): number {
  return Math.max(1, Math.floor(rows * share * (1 + 1e-9)));
}

/** The number of an ascending list nearest to `wanted`; the lesser of two equally near ones. */
export function nearestTo(rising: readonly number[], wanted: number): number {
  return rising.reduce((best, place) => (Math.abs(place - wanted) < Math.abs(best - wanted) ? place : best));
}
