/** A table without the columns that an upload does not name. */
import { selectColumns } from "../../formats/tables/selection.ts";
import type { Table } from "../../formats/tables/table.ts";
import type { Inference } from "./infer.ts";

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
