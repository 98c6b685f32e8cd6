/**
 * Chooses the columns for a search: ids, constants and copies of other columns are left out, each with a note. A job that names its network
 * keeps its columns; data-notes.ts has the notes on them.
 */
import { type Column, type ColumnValues, type DatasetRows, isCategorical } from "../../domain/datasets/dataset.ts";
import { MAX_NOTES, type Note, type NoteCode } from "../../domain/notes.ts";
import { labelCounts, MAX_PLAIN_LABELS } from "./labels/common-labels.ts";

/** Number of rows from which a column without repeated values is more likely an id than a measurement. */
export const ID_ROWS = 50;
/**
 * Rows of a label from which it is more than a name of its row: with four rows to a label, a search that left labels out had an R² of .52
 * instead of .80, and of .82 instead of .79 where they say nothing.
 */
const COMMON_ROWS = 2;
/** The share of rows below which the labels that several rows have are too few to learn from: the others name single rows. */
const MIN_COMMON = 0.1;

/** Feature columns that are worth learning from, in their order, and why the others are not. */
interface WorthLearning {
  readonly features: readonly Column[];
  readonly notes: readonly Note[];
}

/**
 * Chooses among feature columns by all rows of a data set. A column whose values were not loaded does not count as a copy. Keeps every
 * column if none would remain. Notes are at most `MAX_NOTES`.
 */
export function columnsWorthLearning(
  columns: readonly Column[],
  { rows, values }: Pick<DatasetRows, "rows" | "values">,
): WorthLearning {
  const features: Column[] = [];
  const notes: Note[] = [];
  const seen = new Map<number, Column[]>();
  for (const column of columns) {
    const own = values.get(column.name);
    const reason = faultOf(column, own, rows) ?? copyOf(column, own, seen, values);
    if (reason === null) features.push(column);
    else notes.push({ ...reason, column: column.name, line: null, cure: `name it in features to use it` });
  }
  return features.length > 0 ? { features, notes: notes.slice(0, MAX_NOTES) } : { features: columns, notes: [] };
}

type Reason = { readonly code: NoteCode; readonly detail: string };

/** Why a column carries no information, by its statistics; null if it does. */
function faultOf(column: Column, values: ColumnValues | undefined, rows: number): Reason | null {
  const { name, type, missing, distinct } = column;
  if (distinct === 0) return { code: "column_without_values", detail: `${name} has no value in any row: it is left out` };
  // Whether a value is present may matter, so a single value with gaps is kept.
  if (distinct === 1 && missing === 0)
    return { code: "constant_column", detail: `${name} has the same value in every row: it is left out` };
  if (values && isNearlyId(column, values, rows)) {
    const detail = `${name} has hardly a value that two rows share (${distinct} different ones), like an id: it is left out`;
    return { code: "id_like_column", detail };
  }
  if (missing > 0 || distinct < ID_ROWS || distinct !== rows) return null;
  const isId =
    type === "category" || (type === "integer" && isCounted(column, values)) || (type === "text" && isWordless(column));
  if (!isId) return null;
  return { code: "id_like_column", detail: `${name} has a different value in every row, like an id: it is left out` };
}

/** Whether texts without repeats are single words, as codes are, or have no letters, as phone numbers. */
const isWordless = ({ top }: Column): boolean =>
  top.length > 0 && (top.every(({ value }) => !/\s/.test(value.trim())) || top.every(({ value }) => !/\p{L}/u.test(value)));

/** Whether nearly all rows with a label have one that no other row has: little of it comes again in new rows. */
function isNearlyId(column: Column, values: ColumnValues, rows: number): boolean {
  if (column.type !== "category" || column.distinct <= MAX_PLAIN_LABELS || column.distinct === rows) return false;
  const counts = labelCounts(
    column,
    values,
    Int32Array.from(values, (_, row) => row),
  );
  const common = counts.reduce((total, count) => total + (count >= COMMON_ROWS ? count : 0), 0);
  return common < MIN_COMMON * (rows - column.missing);
}

/** Whether whole numbers without repeats just number the rows, in their order or without many gaps. */
function isCounted({ name, statistics, distinct }: Column, values: ColumnValues | undefined): boolean {
  if (/(^|[^a-z])id$/i.test(name)) return true;
  if (statistics && statistics.max - statistics.min < 2 * distinct) return true;
  return values?.every((value, row) => row === 0 || value > (values[row - 1] as number)) ?? false;
}

/** Whether an earlier column has the same values in every row: equal numbers, or labels that are equal as texts. */
function copyOf(
  column: Column,
  values: ColumnValues | undefined,
  seen: Map<number, Column[]>,
  all: ReadonlyMap<string, ColumnValues>,
): Reason | null {
  if (!values) return null;
  const key = hashOf(column, values);
  const alike = seen.get(key) ?? [];
  const first = alike.find((other) => isCopy(column, values, other, all.get(other.name) as ColumnValues));
  if (first) {
    const detail = `${column.name} has the same value as ${first.name} in every row: it is left out`;
    return { code: "duplicate_column", detail };
  }
  seen.set(key, [...alike, column]);
  return null;
}

const kindOf = ({ type }: Column): string =>
  isCategorical(type) ? "label" : type === "datetime" ? "time" : type === "text" ? "text" : "number";

function isCopy(a: Column, own: ColumnValues, b: Column, other: ColumnValues): boolean {
  if (kindOf(a) !== kindOf(b) || (a.categories ?? []).join("\n") !== (b.categories ?? []).join("\n")) return false;
  return own.every((value, row) => Object.is(value + 0, (other[row] as number) + 0));
}

/** FNV-1a over the values, so that only columns with equal hashes are compared value by value. */
function hashOf(column: Column, values: ColumnValues): number {
  const words = new Uint32Array(2);
  const number = new Float64Array(words.buffer);
  let hash = kindOf(column).length ^ 0x811c9dc5;
  for (const value of values) {
    number[0] = value + 0;
    if (Number.isNaN(value)) number[0] = Number.NaN;
    hash = Math.imul(hash ^ (words[0] as number), 0x01000193);
    hash = Math.imul(hash ^ (words[1] as number), 0x01000193);
  }
  return hash;
}
