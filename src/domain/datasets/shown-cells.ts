/** Cells of a column as people read them, and rows spread over a table. Knows nothing of jobs or of where values come from. */
import { type Column, type ColumnValues, isCategorical } from "./dataset.ts";
import { textsOf } from "./texts.ts";

/** A number as it is, a label or text, a time as ISO 8601; null if it is missing. */
export type ShownCell = number | string | null;

/** Returns a function that reads the cell of a row, counted from 0. Unpacks a text column here, all at once. */
export function cellReader({ type, categories }: Column, values: ColumnValues): (row: number) => ShownCell {
  if (values instanceof Uint8Array) {
    const texts = textsOf(values);
    return (row) => texts[row] || null;
  }
  if (isCategorical(type)) return (row) => categories?.[values[row] as number] ?? null;
  if (type !== "datetime") return (row) => finiteOrNull(values[row]);
  return (row) => (Number.isFinite(values[row]) ? new Date(values[row] as number).toISOString() : null);
}

/** Returns a number; null for NaN and infinities, which JSON does not have. */
export const finiteOrNull = (value: number | undefined): number | null => (Number.isFinite(value) ? (value as number) : null);

/** Returns at most `limit` of `total` positions, evenly spread and ascending. */
export function spreadPlaces(total: number, limit: number): number[] {
  const returned = Math.min(total, limit);
  return Array.from({ length: returned }, (_, place) => Math.floor((place * total) / returned));
}
