/** First walk through a table: what every column's values could all be. Keeps no values. */
import type { ColumnType } from "../../domain/datasets/dataset.ts";
import type { Cells, Table } from "../../formats/tables/table.ts";

/** What a column turned out to be. `label`: a category or text, which depends on how many labels there are. */
export type InferredType = Exclude<ColumnType, "category" | "text"> | "label" | "empty";

export interface Inference {
  readonly rows: number;
  readonly names: readonly string[];
  readonly types: readonly InferredType[];
}

/** Walks through a table once. Throws what its format throws. */
export async function inferTypes(table: Table): Promise<Inference> {
  const columns: ColumnInference[] = [];
  const { rows, names } = await table.scan((_, column, cells, index) => {
    let inference = columns[column];
    if (!inference) {
      inference = new ColumnInference();
      columns[column] = inference;
    }
    inference.see(cells, index);
  });
  return { rows, names, types: names.map((_, column) => columns[column]?.type ?? "empty") };
}

/** What the values of a column seen so far allow it to be. */
class ColumnInference {
  #any = false;
  #label = false;
  #number = true;
  #integer = true;
  #big = false;
  #truth = true;
  #datetime = true;

  see(cells: Cells, index: number): void {
    if (this.#label || cells.isMissing(index) || cells.isMissingWord(index)) return;
    this.#any = true;
    if (this.#number) {
      const kind = cells.kind(index);
      if (kind === "none" || kind === "code") this.#number = false;
      else if (kind === "number") this.#integer = false;
      else if (kind === "big") this.#big = true;
    }
    if (this.#truth && cells.truth(index) < 0) this.#truth = false;
    if (this.#datetime && Number.isNaN(cells.datetime(index))) this.#datetime = false;
    this.#label = !this.#number && !this.#truth && !this.#datetime;
  }

  get type(): InferredType {
    if (!this.#any) return "empty";
    // Whole numbers that float64 does not tell apart are kept as they are written.
    if (this.#number && this.#integer) return this.#big ? "label" : "integer";
    if (this.#number) return "number";
    if (this.#truth) return "boolean";
    return this.#datetime ? "datetime" : "label";
  }
}
