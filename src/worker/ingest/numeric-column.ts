/** Columns of numbers, whole numbers and datetimes. */
import type { Column } from "../../domain/datasets/dataset.ts";
import { findMissingCode } from "../../domain/datasets/missing-codes.ts";
import type { ColumnBuilder, ColumnPlan } from "./column.ts";
import { createOddCells } from "./odd-cells.ts";
import { summarise } from "./statistics.ts";

/** Collects a column of `rows` numbers: float64, NaN if missing. Overwrites `scratch`, [rows], at the end. */
export function createNumericColumn(
  plan: ColumnPlan & { readonly type: "number" | "integer" | "datetime" },
  rows: number,
  scratch: Float64Array<ArrayBuffer>,
): ColumnBuilder {
  const { name, type, read } = plan;
  const values = new Float64Array(rows).fill(Number.NaN);
  const odd = createOddCells(plan);
  return {
    set(row, cells, index) {
      const value = read(cells, index);
      if (Number.isNaN(value)) {
        odd.add(cells, index);
        return;
      }
      values[row] = value;
    },
    finish() {
      const column = describeNumbers({ name, type }, values, scratch);
      // The values that are there are sorted in `scratch` now.
      const missingCode = type === "datetime" ? null : findMissingCode(scratch.subarray(0, rows - column.missing));
      return { column: odd.describe(column), values, ...(missingCode && { missingCode }) };
    },
  };
}

/** Describes a column of numbers by its values. Overwrites `scratch`, of the same length. */
export function describeNumbers(
  { name, type }: { readonly name: string; readonly type: "number" | "integer" | "datetime" },
  values: Float64Array<ArrayBuffer>,
  scratch = new Float64Array(values.length),
): Column {
  const { distinct, statistics, top } = summarise(values, scratch);
  const text = (value: number): string => (type === "datetime" ? isoTime(value) : String(value));
  const shownTop = top.map(({ value, count }) => ({ value: text(value), count }));
  const missing = values.reduce((total, value) => total + (Number.isNaN(value) ? 1 : 0), 0);
  return { name, type, missing, distinct, statistics, top: shownTop, categories: null };
}

/** A time of this epoch or another one. */
export function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
