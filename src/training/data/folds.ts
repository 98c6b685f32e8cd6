/**
 * Divides rows into folds for cross-validation, by scikit-learn's rules: a function of the rows and the seed alone. Knows nothing of specs
 * or tables; columns arrive as values.
 */
import type { ColumnValues } from "../../domain/datasets/dataset.ts";
import { createRandom, type Random, streamKey } from "../../engine/index.ts";
import { counted, dealGroups, groupsOf, nearestTo, rowsByTime } from "./splits/column-splits.ts";

/** Positions of rows, ascending. Neither part is empty. */
export interface Fold {
  readonly train: Int32Array<ArrayBuffer>;
  readonly validation: Int32Array<ArrayBuffer>;
}

/** The rows to divide, and how. Values of classes, groups and times are by position, for all `rows`. */
export interface FoldRequest {
  readonly rows: number;
  /** The rows to divide, ascending; the others are in no fold. null: every row. */
  readonly among: Int32Array | null;
  /** Class of each row, for stratified folds; null for others. */
  readonly classes: ArrayLike<number> | null;
  /** No group is on both sides of a fold. A row without a group (-1, NaN) trains in every fold. */
  readonly groups: ColumnValues | null;
  /** Each fold is validated on the rows after those that it trains on. A row without a time trains in every fold. Not with groups. */
  readonly times: ColumnValues | null;
  readonly count: number;
  /** How often the rows are divided anew; has no effect on groups and times, which use no random numbers. */
  readonly repeats: number;
  readonly seed: number;
}

/** The folds, repeat by repeat, or why the rows cannot be divided this way: a sentence. */
export type FoldsResult =
  | { readonly ok: true; readonly folds: readonly Fold[] }
  | { readonly ok: false; readonly detail: string };

/**
 * Returns `count` times `repeats` folds. Without columns by KFold(shuffle=True), with classes by StratifiedKFold(shuffle=True), with groups
 * by GroupKFold or StratifiedGroupKFold, with times by TimeSeriesSplit (scikit-learn, model_selection/_split.py); with times, the cut moves
 * to the nearest change of time, so that rows of one time stay together.
 */
export function foldsOf(request: FoldRequest): FoldsResult {
  const places = request.among ?? Int32Array.from({ length: request.rows }, (_, row) => row);
  const dealt: Dealt = {
    rows: places.length,
    classes: request.classes && Int32Array.from(places, (row) => request.classes?.[row] as number),
    groups: request.groups && valuesAt(request.groups, places),
    times: request.times && valuesAt(request.times, places),
    count: request.count,
  };
  if (dealt.rows < dealt.count)
    return { ok: false, detail: `${counted(dealt.rows, "row")} cannot be cut into ${dealt.count} folds` };
  const cut = dealt.times ? cutByTime(dealt, dealt.times) : dealt.groups ? cutByGroup(dealt, dealt.groups) : null;
  if (typeof cut === "string") return { ok: false, detail: cut };
  const folds: Fold[] = [];
  for (let repeat = 0; repeat < request.repeats; repeat++) {
    const partsOf = cut ?? cutByChance(dealt, createRandom(streamKey(request.seed, `folds/${repeat}`)));
    for (let fold = 0; fold < dealt.count; fold++) folds.push(foldAt(places, (place) => partsOf(place, fold)));
  }
  const isWhole = folds.every(({ train, validation }) => train.length > 0 && validation.length > 0);
  return isWhole ? { ok: true, folds } : { ok: false, detail: `a fold of ${dealt.count} would have no rows` };
}

/** What is divided, by its index among the rows that take part. */
interface Dealt {
  readonly rows: number;
  readonly classes: Int32Array | null;
  readonly groups: ColumnValues | null;
  readonly times: ColumnValues | null;
  readonly count: number;
}

/** The side of a fold on which an index is: training, validation, or neither. */
type Side = "train" | "validation" | null;
type Cut = (place: number, fold: number) => Side;

function valuesAt(values: ColumnValues, rows: Int32Array): ColumnValues {
  const taken = (values instanceof Int32Array ? new Int32Array(rows.length) : new Float64Array(rows.length)) as ColumnValues;
  for (let place = 0; place < rows.length; place++) taken[place] = values[rows[place] as number] as number;
  return taken;
}

function foldAt(places: Int32Array, sideOf: (place: number) => Side): Fold {
  const train = new Int32Array(places.length);
  const validation = new Int32Array(places.length);
  let trained = 0;
  let validated = 0;
  for (let place = 0; place < places.length; place++) {
    const side = sideOf(place);
    if (side === "train") train[trained++] = places[place] as number;
    if (side === "validation") validation[validated++] = places[place] as number;
  }
  return { train: train.slice(0, trained), validation: validation.slice(0, validated) };
}

/** Divides by the fold of each index; one of fold -1 always trains. */
const byFold =
  (foldOf: ArrayLike<number>): Cut =>
  (place, fold) =>
    foldOf[place] === fold ? "validation" : "train";

function cutByChance({ rows, classes, count }: Dealt, random: Random): Cut {
  const foldOf = new Int32Array(rows);
  if (classes) {
    dealClasses(foldOf, classes, count, random);
    return byFold(foldOf);
  }
  // As in KFold, the first rows % count folds have one more row.
  const order = random.permutation(rows);
  const less = Math.floor(rows / count);
  const larger = rows % count;
  for (let place = 0; place < rows; place++) {
    const isLarger = place < larger * (less + 1);
    foldOf[order[place] as number] = isLarger
      ? Math.floor(place / (less + 1))
      : larger + Math.floor((place - larger * (less + 1)) / less);
  }
  return byFold(foldOf);
}

/**
 * StratifiedKFold's rule: with all rows in the order of their classes, every count-th of which goes to one fold, each fold gets as many
 * rows of each class; which rows they are is drawn. Classes are in the order of their first rows.
 */
function dealClasses(foldOf: Int32Array, classes: Int32Array, count: number, random: Random): void {
  const rowsOf = new Map<number, number[]>();
  for (const [place, label] of classes.entries()) {
    const own = rowsOf.get(label);
    if (own) own.push(place);
    else rowsOf.set(label, [place]);
  }
  let first = 0;
  for (const places of rowsOf.values()) {
    const folds = places.map((_, index) => (first + index) % count).sort((a, b) => a - b);
    const order = random.permutation(places.length);
    for (const [index, place] of places.entries()) foldOf[place] = folds[order[index] as number] as number;
    first += places.length;
  }
}

function cutByGroup({ classes, count }: Dealt, values: ColumnValues): Cut | string {
  const groups = groupsOf(values);
  const found = groups.sizes.length;
  if (found < count) return `${counted(found, "group")} cannot be dealt to ${count} folds`;
  const foldOf = dealGroups(groups, classes, count);
  return byFold(groups.groupOf.map((group) => (group < 0 ? -1 : (foldOf[group] as number))));
}

function cutByTime({ count }: Dealt, values: ColumnValues): Cut | string {
  const { rows, changes } = rowsByTime(values);
  const wanted = Math.floor(rows.length / (count + 1));
  const starts = new Int32Array(count + 1);
  starts[count] = rows.length;
  for (let fold = count - 1; fold >= 0; fold--) {
    const end = starts[fold + 1] as number;
    // Each fold before this one needs its own change of time.
    const before = changes.filter((place) => place < end).slice(fold);
    if (before.length === 0)
      return `${counted(rows.length === 0 ? 0 : changes.length + 1, "different time")} are too few for ${count} folds, each after the rows that it trains on`;
    starts[fold] = nearestTo(before, rows.length - (count - fold) * wanted);
  }
  const rankOf = new Int32Array(values.length).fill(-1);
  for (const [rank, row] of rows.entries()) rankOf[row] = rank;
  return (place, fold) => {
    const rank = rankOf[place] as number;
    if (rank < (starts[fold] as number)) return "train";
    return rank < (starts[fold + 1] as number) ? "validation" : null;
  };
}
