/**
 * First walk through a table: what every column's values could all be, written in the plain way. Keeps no values. A column that
 * is none of it, and may be something that is written in another way, is left to guess.ts.
 */

import type { ColumnType } from "../../domain/datasets/dataset.ts";
import { isOddWord } from "../../domain/datasets/missing-words.ts";
import { parseWrittenDate, WRITTEN_DATES } from "../../domain/datasets/written/written-dates.ts";
import { NUMBER_FORMATS, parseClock, parseInFormats, splitUnit } from "../../domain/datasets/written/written-numbers.ts";
import type { Cells, Table, TableExtent } from "../../formats/tables/table.ts";

/** What a column turned out to be. `label`: a category or text, which depends on how many labels there are. */
export type InferredType = Exclude<ColumnType, "category" | "text"> | "label" | "empty";

export interface InferredColumn {
  readonly type: InferredType;
  /** Whether it may be numbers or dates that are written in another way, or nearly all of which are. */
  readonly isSuspect: boolean;
  /** Whether its values are whole numbers of which some are beyond 2^53, and labels for that reason. */
  readonly isBig: boolean;
}

export interface Inference extends TableExtent {
  readonly columns: readonly InferredColumn[];
}

const EMPTY: InferredColumn = { type: "empty", isSuspect: false, isBig: false };

/** Walks through a table once. Throws what its format throws. */
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

/** Values of a column that is not plain after which it is clear whether it could be anything but labels. */
const SAMPLE = 200;

/** What the values of a column seen so far allow it to be. */
class ColumnInference {
  /** What all values are; `mixed` when they are not all one thing. */
  #kind: "none" | "number" | "truth" | "datetime" | "mixed" = "none";
  #integer = true;
  #big = false;
  /** Whether a value is a whole number with leading zeros: a code. */
  #code = false;
  #odd = false;
  /** Whether a text is a word such as NA: a label where the column has nothing else. */
  #hasWords = false;
  #seen = 0;
  /** Of those seen, how many could be a number, a date or a truth in some writing. */
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

  /** Whether the value is of the kind of all before; the first one decides which that is. */
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
    // Whole numbers that float64 does not tell apart are kept as they are written.
    if (this.#kind === "number") return this.#isBig ? "label" : this.#integer ? "integer" : "number";
    if (this.#kind === "truth") return "boolean";
    if (this.#kind === "datetime") return "datetime";
    return this.#kind === "mixed" || this.#odd || this.#hasWords ? "label" : "empty";
  }
}

/** Whether a value is a number, a date or a truth in one of the ways in which people write them, or a word for none. */
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
