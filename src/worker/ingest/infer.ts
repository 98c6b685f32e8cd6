/**
 * The first pass through a table: finds the types that fit all plainly written values of each column. Keeps no values. A column without
 * such a type that may be written in another way is left to guess.ts.
 */

import type { ColumnType } from "../../domain/datasets/dataset.ts";
import { isOddWord } from "../../domain/datasets/missing-words.ts";
import { parseClock } from "../../domain/datasets/written/clocks.ts";
import { parseWrittenDate, WRITTEN_DATES } from "../../domain/datasets/written/written-dates.ts";
import { NUMBER_FORMATS, parseInFormats, splitUnit } from "../../domain/datasets/written/written-numbers.ts";
import type { Cells, Table, TableExtent } from "../../formats/tables/table.ts";

/** The type found for a column. `label`: a category or text, depending on the number of labels. */
export type InferredType = Exclude<ColumnType, "category" | "text"> | "label" | "empty";

export interface InferredColumn {
  readonly type: InferredType;
  /** Whether it may contain numbers or dates in another format, in nearly all cells. */
  readonly isSuspect: boolean;
  /** Whether its values are whole numbers, some beyond 2^53, and labels for that reason. */
  readonly isBig: boolean;
}

export interface Inference extends TableExtent {
  readonly columns: readonly InferredColumn[];
}

const EMPTY: InferredColumn = { type: "empty", isSuspect: false, isBig: false };

/** Passes through a table once. Throws what its format throws. */
export async function inferTypes(table: Table): Promise<Inference> {
  const columns: ColumnInference[] = [];
  const extent = await table.scan((_, column, cells, index) => {
    let inference = columns[column];
    if (!inference) {
      inference = new ColumnInference();
      columns[column] = inference;
    }
    inference.see(cells, index);
  });
  return { ...extent, columns: extent.names.map((_, column) => columns[column]?.result ?? EMPTY) };
}

/** Number of values after which it is clear whether a column that is not plain could be anything but labels. */
const SAMPLE = 200;

/** The types that the values of a column so far allow. */
class ColumnInference {
  /** The type of all values; `mixed` if they differ. */
  #kind: "none" | "number" | "truth" | "datetime" | "mixed" = "none";
  #integer = true;
  #big = false;
  /** Whether a value is a whole number with leading zeros: a code. */
  #code = false;
  #odd = false;
  /** Whether a text is a word such as NA: a label if the column has nothing else. */
  #hasWords = false;
  #seen = 0;
  /** How many of them could be a number, a date or a boolean in some format. */
  #fitting = 0;
  #isSettled = false;

  see(cells: Cells, index: number): void {
    if (this.#isSettled || cells.isMissing(index)) return;
    if (cells.isMissingWord(index)) {
      this.#hasWords = true;
      return;
    }
    if (this.#kind === "mixed") this.#sample(cells, index);
    else if (this.#fits(cells, index)) this.#seen++;
    else this.#mix(cells, index);
  }

  /** Whether the value has the type of all before; the first one decides it. */
  #fits(cells: Cells, index: number): boolean {
    const kind = this.#kind;
    if ((kind === "number" || kind === "none") && this.#isNumber(cells, index)) this.#kind = "number";
    else if ((kind === "truth" || kind === "none") && cells.truth(index) >= 0) this.#kind = "truth";
    else if ((kind === "datetime" || kind === "none") && !Number.isNaN(cells.datetime(index))) this.#kind = "datetime";
    else return false;
    return true;
  }

  #isNumber(cells: Cells, index: number): boolean {
    const kind = cells.kind(index);
    if (kind === "number") this.#integer = false;
    else if (kind === "big") this.#big = true;
    else if (kind === "code") this.#code = true;
    return kind !== "none" && kind !== "code";
  }

  #mix(cells: Cells, index: number): void {
    if (!this.#code && isOddWord(cells.text(index))) {
      this.#odd = true;
      return;
    }
    this.#kind = "mixed";
    this.#fitting = this.#seen;
    this.#sample(cells, index);
  }

  #sample(cells: Cells, index: number): void {
    this.#seen++;
    if (couldBeOther(cells, index)) this.#fitting++;
    this.#isSettled = this.#seen >= SAMPLE;
  }

  get result(): InferredColumn {
    const isSuspect = this.#kind === "mixed" && !this.#code && this.#fitting * 2 >= this.#seen;
    return { type: this.#type, isSuspect, isBig: this.#isBig };
  }

  get #isBig(): boolean {
    return this.#kind === "number" && this.#integer && this.#big;
  }

  get #type(): InferredType {
    // Whole numbers that float64 cannot distinguish stay as they are written.
    if (this.#kind === "number") return this.#isBig ? "label" : this.#integer ? "integer" : "number";
    if (this.#kind === "truth") return "boolean";
    if (this.#kind === "datetime") return "datetime";
    return this.#kind === "mixed" || this.#odd || this.#hasWords ? "label" : "empty";
  }
}

/** Whether a value is a number, a date or a boolean in one of the formats that people use, or a word for a missing one. */
function couldBeOther(cells: Cells, index: number): boolean {
  if (!cells.isText(index)) return true;
  const text = cells.text(index);
  if (isOddWord(text)) return true;
  if (cells.untyped && (isNumber(text) || isNumber(splitUnit(text)?.number ?? "") || !Number.isNaN(parseClock(text))))
    return true;
  return cells.truth(index) >= 0 || WRITTEN_DATES.some((format) => !Number.isNaN(parseWrittenDate(text, format)));
}

const isNumber = (text: string): boolean =>
  parseInFormats(text, NUMBER_FORMATS)?.some((value) => !Number.isNaN(value)) ?? false;
