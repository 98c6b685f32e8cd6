/** A table with its own words for a missing value, instead of NA and the like. */
import { isMissingText } from "../../domain/datasets/missing-words.ts";
import type { Cells, Table } from "./table.ts";

/** The same table if no words are given; else one whose cells are missing if they are empty or one of the words. */
export function withMissing(table: Table, words: readonly string[] | undefined): Table {
  if (words === undefined) return table;
  const given = new Set(words.map((word) => word.trim().toLowerCase()));
  return {
    scan(visit) {
      const reader = new GivenMissing(given);
      return table.scan((row, column, cells, index) => {
        reader.cells = cells;
        visit(row, column, reader, index);
      });
    },
  };
}

/** Cells of another table. A word such as NA is now an ordinary text: missing among numbers, and a label among labels. */
class GivenMissing implements Cells {
  cells!: Cells;
  readonly #words: ReadonlySet<string>;

  constructor(words: ReadonlySet<string>) {
    this.#words = words;
  }

  get untyped(): boolean {
    return this.cells.untyped;
  }

  isMissing(index: number): boolean {
    const { cells } = this;
    if (!cells.isMissing(index)) return this.#words.has(cells.text(index).trim().toLowerCase());
    // A text that counts as missing, as NA does in CSV, does so only by its word.
    const text = cells.isText(index) ? cells.text(index).trim().toLowerCase() : "";
    return text === "" || this.#words.has(text);
  }

  isMissingWord(index: number): boolean {
    return this.cells.isText(index) && isMissingText(this.cells.text(index));
  }

  kind(index: number) {
    return this.cells.kind(index);
  }

  number(index: number): number {
    return this.cells.number(index);
  }

  datetime(index: number): number {
    return this.cells.datetime(index);
  }

  truth(index: number): number {
    return this.cells.truth(index);
  }

  text(index: number): string {
    return this.cells.text(index);
  }

  isText(index: number): boolean {
    return this.cells.isText(index);
  }

  place(index: number): string {
    return this.cells.place(index);
  }

  line(index: number): number | null {
    return this.cells.line(index);
  }
}
