/** A table in which other words than NA and its like stand for a missing value. */
import { isMissingText } from "../../domain/datasets/missing-words.ts";
import type { Cells, Table } from "./table.ts";

/** The same table where no words are given; else one whose cells are missing where they are empty or say one of them. */
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

/** Cells of another table. A word such as NA is now a text like others: missing among numbers, and a label among labels. */
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
    // What is missing although it is a text, as NA is in CSV, is so for its word alone.
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
