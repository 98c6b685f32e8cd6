/** Columns of numbers, whole numbers and datetimes. */
import type { ColumnBuilder, ColumnPlan } from "./column.ts";
import { createOddCells } from "./odd-cells.ts";
import { summarise } from "./statistics.ts";

/** Takes in a column of `rows` numbers: float64, NaN where missing. `scratch`, [rows], is overwritten in the end. */
export function createNumericColumn(
  plan: ColumnPlan & { readonly type: "number" | "integer" | "datetime" },
  rows: number,
  scratch: Float64Array<ArrayBuffer>,
): ColumnBuilder {
  const { name, type, read } = plan;
  const values = new Float64Array(rows).fill(Number.NaN);
  const odd = createOddCells(plan);
  let count = 0;
  return {
    set(row, cells, index) {
      const value = read(cells, index);
      if (Number.isNaN(value)) {
        odd.add(cells, index);
        return;
      }
      values[row] = value;
      count++;
    },
    finish() {
      const { distinct, statistics, top } = summarise(values, scratch);
      const text = (value: number): string => (type === "datetime" ? isoTime(value) : String(value));
      const shownTop = top.map(({ value, count: times }) => ({ value: text(value), count: times }));
      const column = { name, type, missing: rows - count, distinct, statistics, top: shownTop, categories: null };
      return { column: odd.describe(column), values };
    },
  };
}

/** A time of this epoch or another one. */
export function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
