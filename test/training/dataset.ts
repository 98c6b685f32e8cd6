/** Small data sets for tests, as the store would give them. */
import type { Column, ColumnType, ColumnValues, DatasetRows } from "../../src/domain/datasets/dataset.ts";

type Cell = string | number | null;

/** Text becomes a category, whole numbers an integer column, other numbers a number; null is missing. */
export function datasetOf(table: Record<string, readonly Cell[]>): DatasetRows {
  const columns: Column[] = [];
  const values = new Map<string, ColumnValues>();
  for (const [name, cells] of Object.entries(table)) {
    const present = cells.filter((cell) => cell !== null);
    const type = typeOf(present);
    const categories = type === "category" ? [...new Set(present.map(String))].sort() : null;
    const distinct = new Set(present).size;
    columns.push({ name, type, missing: cells.length - present.length, distinct, statistics: null, top: [], categories });
    const read = (cell: Cell) => (cell === null ? Number.NaN : (cell as number));
    values.set(
      name,
      categories
        ? Int32Array.from(cells, (cell) => (cell === null ? -1 : categories.indexOf(String(cell))))
        : Float64Array.from(cells, read),
    );
  }
  const rows = Object.values(table)[0]?.length ?? 0;
  return { rows, sha256: "0".repeat(64), columns, values };
}

function typeOf(present: readonly Cell[]): ColumnType {
  if (present.some((cell) => typeof cell === "string")) return "category";
  return present.every((cell) => Number.isInteger(cell)) ? "integer" : "number";
}
