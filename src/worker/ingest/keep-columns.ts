/** A table without the columns that an upload does not name. */
import { selectColumns } from "../../formats/tables/selection.ts";
import type { Table } from "../../formats/tables/table.ts";
import type { Inference } from "./infer.ts";

/** A table and the types of its columns. */
export interface InferredTable {
  readonly table: Table;
  readonly inference: Inference;
}

/** Keeps the named columns, in the table's order; all of them without names. Throws invalid for an unknown name. */
export function keepColumns({ table, inference }: InferredTable, wanted: readonly string[] | undefined): InferredTable {
  const { rows, names, columns, csv, sheet } = inference;
  const kept = selectColumns(names, wanted);
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
      ...(csv && { csv: { ...csv, isFirstUnnamed: csv.isFirstUnnamed && kept[0] === 0 } }),
    },
  };
}
