/** What of a table is read: without columns that are not named or empty, notes below its rows, and a row of totals. */

import { selectColumns } from "../../formats/tables/selection.ts";
import type { Table } from "../../formats/tables/table.ts";
import type { FinishedColumn } from "./column.ts";
import { type Inference, inferTypes } from "./infer.ts";

/** A table and what its columns are. */
export interface InferredTable {
  readonly table: Table;
  readonly inference: Inference;
}

/** Keeps the columns that are named, in the table's order; all of them without names. Throws invalid for a name that is no column. */
export function keepColumns(inferred: InferredTable, wanted: readonly string[] | undefined): InferredTable {
  return keepAt(inferred, selectColumns(inferred.inference.names, wanted));
}

/** Leaves out columns that have neither a name nor a value, as spreadsheets save them; keeps all where no other is there. */
export function withoutBlanks(inferred: InferredTable): InferredTable {
  const { names, columns, csv } = inferred.inference;
  const unnamed = new Set(csv?.unnamed);
  const kept = [...names.keys()].filter((column) => !unnamed.has(column) || columns[column]?.type !== "empty");
  return kept.length === 0 ? inferred : keepAt(inferred, kept);
}

/** Keeps the columns at these positions, in order. */
function keepAt({ table, inference }: InferredTable, kept: readonly number[]): InferredTable {
  const { rows, names, columns, csv, sheet, encoding } = inference;
  if (kept.length === names.length) return { table, inference };
  const positions = new Map(kept.map((column, position) => [column, position]));
  return {
    table: {
      scan: (visit) =>
        table.scan((row, column, cells, index) => {
          const position = positions.get(column);
          if (position !== undefined) visit(row, position, cells, index);
        }),
    },
    inference: {
      rows,
      names: kept.map((column) => names[column] as string),
      columns: kept.map((column) => columns[column] as Inference["columns"][number]),
      ...(sheet && { sheet }),
      ...(encoding && { encoding }),
      ...(csv && { csv: { ...csv, unnamed: kept.flatMap((column, place) => (csv.unnamed.includes(column) ? [place] : [])) } }),
    },
  };
}

/** A table of its first rows. */
export function firstRows(table: Table, rows: number): Table {
  return {
    async scan(visit) {
      const extent = await table.scan((row, column, cells, index) => {
        if (row < rows) visit(row, column, cells, index);
      });
      return { ...extent, rows: Math.min(rows, extent.rows) };
    },
  };
}

/** A table without the notes below its rows, which are known when it was walked through once. */
export async function withoutNotes(given: InferredTable): Promise<InferredTable> {
  const { rows, csv } = given.inference;
  const notes = csv?.notes.rows ?? 0;
  if (notes === 0 || notes === rows) return given;
  const table = firstRows(given.table, rows - notes);
  return { table, inference: await inferTypes(table) };
}

/** The last row of a table, where it has the totals of all others. */
export interface TotalsRow {
  /** The columns whose sums it has. */
  readonly columns: readonly string[];
}

/** Rows from which a sum is none by chance, and values other than 0 among them. */
const FEWEST_ROWS = 6;
const FEWEST_VALUES = 4;
/** Sums of rounded values differ from rounded sums. */
const TOLERANCE = 1e-6;
const TOTAL =
  /^(?:grand |sub|gesamt|end)?(?:totals?|totaal|totale|sum|summe|insgesamt|gesamt|somme|suma|soma|razem|итого|всего|合計|総計|小計|合计|总计|합계)\b|^(?:合計|総計|小計|合计|总计|합계|итого|всего)/i;

/**
 * The totals in the last row of a table; null where it is a row like the others. It has the sum of all values above it in two columns, or in
 * one and says so, or leaves a cell empty that no other row does.
 */
export function totalsOf(columns: readonly FinishedColumn[], rows: number): TotalsRow | null {
  if (rows < FEWEST_ROWS) return null;
  const sums = columns.filter(
    ({ column: { type }, values }) => (type === "number" || type === "integer") && isSum(values, rows),
  );
  if (sums.length === 0) return null;
  const isMarked = columns.some(({ column, values }) => {
    if (column.type === "category" && values) {
      const last = column.categories?.[values[rows - 1] as number] ?? "";
      if (TOTAL.test(last.trim())) return true;
    }
    return column.missing === 1 && values !== null && isMissing(values[rows - 1] as number, column.type);
  });
  return isMarked || sums.length > 1 ? { columns: sums.map(({ column }) => column.name) } : null;
}

const isMissing = (value: number, type: string): boolean =>
  Number.isNaN(value) || ((type === "category" || type === "boolean") && value === -1);

function isSum(values: FinishedColumn["values"], rows: number): boolean {
  const last = values?.[rows - 1] ?? Number.NaN;
  if (!values || !last) return false;
  let [sum, count] = [0, 0];
  for (let row = 0; row < rows - 1; row++) {
    const value = values[row] as number;
    if (Number.isNaN(value) || value === 0) continue;
    sum += value;
    count++;
  }
  return count >= FEWEST_VALUES && Math.abs(sum - last) <= TOLERANCE * Math.abs(last);
}
