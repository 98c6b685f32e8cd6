/** A table in which other words than NA and its like stand for a missing value. */
import { createWordTest, isMissingText, MISSING_WORDS } from "../../domain/datasets/missing-words.ts";
import type { Cells, Table } from "./table.ts";

/** The same table if no words are given; else one whose cells are missing if they are empty or one of the words. */
export function withMissing(table: Table, words: readonly string[] | undefined): Table {
  if (words === undefined) return table;
  const reader = new GivenMissing(createWordTest(words));
  return withReaders(table, () => reader);
}

/** The same table where the columns at these positions have words of their own, beside NA and its like. */
export function withMissingOf(table: Table, words: ReadonlyMap<number, readonly string[]>): Table {
  const readers = new Map([...words].map(([column, own]) => [column, new GivenMissing(createWordTest(besideKnown(own)))]));
  return withReaders(table, (column) => readers.get(column));
}

/** Words that are given for a column, and those that stand for a missing value without being given. */
export const besideKnown = (words: readonly string[]): string[] => [...new Set([...MISSING_WORDS, ...words])];

const withReaders = (table: Table, readerOf: (column: number) => GivenMissing | undefined): Table => ({
  scan: (visit) =>
    table.scan((row, column, cells, index) => {
      const reader = readerOf(column);
      if (reader) reader.cells = cells;
      visit(row, column, reader ?? cells, index);
    }),
});

/** Cells of another table. A word such as NA is now a text like others: missing among numbers, and a label among labels. */
class GivenMissing implements Cells {
  cells!: Cells;
  readonly #isWord: (text: string) => boolean;

  constructor(isWord: (text: string) => boolean) {
    this.#isWord = isWord;
  }

  get untyped(): boolean {
    return this.cells.untyped;
  }

  isMissing(index: number): boolean {
    const { cells } = this;
    if (!cells.isMissing(index)) return this.#isWord(cells.text(index));
    // What is missing although it is a text, as NA is in CSV, is so for its word alone.
    const text = cells.isText(index) ? cells.text(index).trim() : "";
    return text === "" || this.#isWord(text);
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
