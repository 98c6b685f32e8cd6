/**
 * Which labels of columns with many labels are worth a feature each: the most frequent ones, as far as there is room. Knows columns and
 * codes of labels, nothing of how they are encoded.
 */
import { type Column, type ColumnValues, isCategorical } from "../../../domain/datasets/dataset.ts";

/** Labels of a column up to which each of them has a feature. */
export const MAX_PLAIN_LABELS = 64;
/**
 * Features of the labels of such columns together, and values in them: 32 Mi, as many as those of texts. Merging labels of fewer than five
 * rows cost .017 of R² on a table with 499 of them; with thousands, hardly three candidates are affordable.
 */
const MAX_LABELS = 512;
const MAX_VALUES = 32 * 1024 * 1024;

/** How many labels, the most frequent ones, are worth a feature in each column that has many; columns with few are left out. */
export function commonLabels(
  columns: readonly Column[],
  values: ReadonlyMap<string, ColumnValues>,
  rows: Int32Array,
): ReadonlyMap<string, number> {
  const counted = columns.flatMap((column) => {
    const own = values.get(column.name);
    const isWide = column.type === "category" && (column.categories?.length ?? 0) > MAX_PLAIN_LABELS;
    return own && isWide ? [{ name: column.name, counts: labelCounts(column, own, rows) }] : [];
  });
  const all = Float64Array.from(counted.flatMap(({ counts }) => [...counts])).sort();
  // The rows of the first label for which there is no room.
  const room = Math.min(MAX_LABELS, Math.floor(MAX_VALUES / Math.max(1, rows.length)));
  const beyond = all[all.length - 1 - room] ?? 0;
  const fewest = beyond + 1;
  return new Map(counted.map(({ name, counts }) => [name, Math.max(1, counts.filter((count) => count >= fewest).length)]));
}

/** Rows of each label of a column among some rows. */
export function labelCounts({ categories, type }: Column, codes: ColumnValues, rows: Int32Array): Float64Array {
  const counts = new Float64Array(isCategorical(type) ? (categories?.length ?? 0) : 0);
  for (let index = 0; index < rows.length; index++) {
    const code = codes[rows[index] as number] as number;
    if (code >= 0) counts[code] = (counts[code] as number) + 1;
  }
  return counts;
}
