/**
 * Notes on columns that alone predict the target, such as a copy of it, or a result that is known only afterwards. Checks one column at a
 * time, and only those whose values were read.
 */
import { type Column, type ColumnValues, isCategorical, isNumeric } from "../../domain/datasets/dataset.ts";
import type { Note } from "../../domain/notes.ts";
import { findCombination } from "./labels/combined-leaks.ts";

/** Columns with a greater share of missing values take too many rows from a combination. */
const MAX_MISSING = 0.5;
/** With fewer rows, a column may predict everything by chance. */
const MIN_ROWS = 50;
/** Numbers are grouped in their order, about this many rows to a group, in at most this many groups. */
const ROWS_A_GROUP = 20;
const MAX_GROUPS = 32;
/** The share that a column explains of what the most frequent class leaves unexplained. */
const CLASSES_EXPLAINED = 0.97;
/** The share of the target's variance that a column explains: by the mean of each category, or by a straight line. */
const VARIANCE_EXPLAINED = { category: 0.995, number: 0.999 };

/** The target of a job: the class of each row (-1: missing), or its number (NaN: missing). */
export type TargetValues = { readonly codes: Int32Array<ArrayBuffer> } | { readonly numbers: Float64Array<ArrayBuffer> };

/** A note for each feature that alone predicts the target almost perfectly. A job with one feature intends that, and gets none. */
export function leakNotes(
  target: string,
  of: TargetValues,
  features: readonly Column[],
  values: ReadonlyMap<string, ColumnValues>,
): Note[] {
  if (features.length < 2) return [];
  const alone = features.flatMap((column): Note[] => {
    const own = values.get(column.name);
    const said =
      own &&
      column.type !== "text" &&
      ("codes" in of ? saidOfClasses(column, own, of.codes) : saidOfNumbers(column, own, of.numbers));
    if (!said) return [];
    return [
      {
        code: "column_predicts_target",
        column: column.name,
        line: null,
        detail: `${column.name} alone predicts ${target} (${said})`,
        cure: `leave it out (features) if it is not known before ${target} is`,
      },
    ];
  });
  return alone.length > 0 || "codes" in of ? alone : together(target, of.numbers, features, values);
}

/** The note on columns of numbers of which none predicts the target alone, and some do together. */
function together(
  target: string,
  numbers: Float64Array<ArrayBuffer>,
  features: readonly Column[],
  values: ReadonlyMap<string, ColumnValues>,
): Note[] {
  const columns = features.flatMap(({ name, type, missing }) => {
    const own = values.get(name);
    return own && isNumeric(type) && missing < MAX_MISSING * own.length ? [{ name, values: own }] : [];
  });
  const found = findCombination(columns, numbers);
  if (!found) return [];
  const { names, how, explained } = found;
  const all = `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
  const detail = `the ${how} of ${all} predicts ${target} (r² ${Math.floor(explained * 10_000) / 10_000})`;
  const cure = `leave them out ("exclude": ${JSON.stringify(names)}) if they are not known before ${target} is`;
  return [{ code: "column_predicts_target", column: names[0] ?? null, line: null, detail, cure }];
}

function saidOfClasses(column: Column, values: ColumnValues, codes: Int32Array<ArrayBuffer>): string | null {
  const present = rowsWhere(codes, (code) => code >= 0);
  if (present.length < MIN_ROWS) return null;
  const groups = groupsOf(column, values, present);
  if (!groups) return null;
  const base = largest(countsOf(present, codes));
  const right = groups.reduce((sum, rows) => sum + largest(countsOf(rows, codes)), 0);
  if (base === present.length || (right - base) / (present.length - base) < CLASSES_EXPLAINED) return null;
  return `right in ${((100 * right) / present.length).toFixed(1)} % of the rows`;
}

function saidOfNumbers(column: Column, values: ColumnValues, numbers: Float64Array<ArrayBuffer>): string | null {
  const isCategory = isCategorical(column.type);
  const isThere = (row: number) => !Number.isNaN(numbers[row]) && (isCategory || !Number.isNaN(values[row]));
  const present = rowsWhere(numbers, (_, row) => isThere(row));
  if (present.length < MIN_ROWS) return null;
  const explained = isCategory ? byCategory(column, values, numbers, present) : byLine(values, numbers, present);
  if (explained === null || explained < VARIANCE_EXPLAINED[isCategory ? "category" : "number"]) return null;
  return `r² ${Math.floor(explained * 10_000) / 10_000}`;
}

/** R² of the mean of each category. */
function byCategory(
  column: Column,
  values: ColumnValues,
  numbers: Float64Array<ArrayBuffer>,
  present: readonly number[],
): number | null {
  const groups = groupsOf(column, values, present);
  const total = spread(present, numbers);
  if (!groups || total === 0) return null;
  return 1 - groups.reduce((sum, rows) => sum + spread(rows, numbers), 0) / total;
}

/** R² of the straight line, the square of Pearson's coefficient. */
function byLine(values: ColumnValues, numbers: Float64Array<ArrayBuffer>, present: readonly number[]): number | null {
  const [meanX, meanY] = [meanOf(present, values), meanOf(present, numbers)];
  let [xx, xy, yy] = [0, 0, 0];
  for (const row of present) {
    const [x, y] = [(values[row] as number) - meanX, (numbers[row] as number) - meanY];
    xx += x * x;
    xy += x * y;
    yy += y * y;
  }
  return xx === 0 || yy === 0 ? null : (xy * xy) / (xx * yy);
}

/** The rows grouped by a column's value; null if nearly every row has its own value. */
function groupsOf(column: Column, values: ColumnValues, present: readonly number[]): number[][] | null {
  if (isCategorical(column.type)) {
    if (column.distinct * ROWS_A_GROUP > present.length * 2) return null;
    return [...Map.groupBy(present, (row) => values[row] as number).values()];
  }
  if (!isNumeric(column.type)) return null;
  const missing = present.filter((row) => Number.isNaN(values[row]));
  const there = present.filter((row) => !Number.isNaN(values[row]));
  const sorted = there.toSorted((a, b) => (values[a] as number) - (values[b] as number));
  const size = Math.max(ROWS_A_GROUP, Math.ceil(sorted.length / MAX_GROUPS));
  const groups: number[][] = missing.length > 0 ? [missing] : [];
  let group: number[] = [];
  sorted.forEach((row, index) => {
    const isNew = index === 0 || values[row] !== values[sorted[index - 1] as number];
    // Equal values stay together.
    if (isNew && group.length >= size) {
      groups.push(group);
      group = [];
    }
    group.push(row);
  });
  return group.length > 0 ? [...groups, group] : groups;
}

function rowsWhere(values: ColumnValues, isThere: (value: number, row: number) => boolean): number[] {
  const rows: number[] = [];
  for (let row = 0; row < values.length; row++) if (isThere(values[row] as number, row)) rows.push(row);
  return rows;
}

function countsOf(rows: readonly number[], codes: Int32Array<ArrayBuffer>): Map<number, number> {
  const counts = new Map<number, number>();
  for (const row of rows) counts.set(codes[row] as number, (counts.get(codes[row] as number) ?? 0) + 1);
  return counts;
}

const largest = (counts: ReadonlyMap<number, number>): number => Math.max(0, ...counts.values());

function meanOf(rows: readonly number[], values: ColumnValues): number {
  return rows.reduce((sum, row) => sum + (values[row] as number), 0) / rows.length;
}

/** The sum of squares around the mean. */
function spread(rows: readonly number[], numbers: Float64Array<ArrayBuffer>): number {
  const mean = meanOf(rows, numbers);
  return rows.reduce((sum, row) => sum + ((numbers[row] as number) - mean) ** 2, 0);
}
