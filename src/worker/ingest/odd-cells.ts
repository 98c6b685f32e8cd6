/** Odd cells of a column: counts them, keeps the first ones, and collects their words. */
import { MAX_WORD_LENGTH, MAX_WORDS } from "../../domain/datasets/column-reading.ts";
import type { Column, OddCells } from "../../domain/datasets/dataset.ts";
import { isOddWord } from "../../domain/datasets/missing-words.ts";
import type { Cells } from "../../formats/tables/table.ts";
import { type ColumnPlan, misfit } from "./column.ts";

/** Maximum odd cells that are named. */
export const SHOWN_CELLS = 5;
/** Longest text of one, in UTF-16 units. */
const SHOWN_LENGTH = 60;

/** A cell for a note: its place and its text. */
export function oddCell(cells: Cells, index: number): OddCells["cells"][number] {
  const [place = ""] = cells.place(index).split(",", 1);
  const text = cells.text(index);
  return { place, line: cells.line(index), value: text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text };
}

/** The cells of a column that were read as missing because they are not values of its type. */
export interface OddCellRecorder {
  /** Adds one. Throws invalid if the type was requested, and the cell is not a word for a missing value. */
  add(cells: Cells, index: number): void;
  /** The column with its odd cells, and with the words that mean missing in it from now on. */
  describe(column: Column): Column;
}

/** Creates a recorder for one column. */
export function createOddCells(plan: ColumnPlan): OddCellRecorder {
  const first: OddCells["cells"][number][] = [];
  const words = new Set(plan.reading.missing);
  let count = 0;
  return {
    add(cells, index) {
      const text = cells.text(index).trim();
      const isKnown = isOddWord(text);
      if (plan.chosen && !isKnown) throw misfit(plan, cells, index);
      if (first.length < SHOWN_CELLS) first.push(oddCell(cells, index));
      // What was missing in the training table is missing in rows to predict, which the same program may write.
      if (!isKnown && words.size < MAX_WORDS && text.length <= MAX_WORD_LENGTH) words.add(text);
      count++;
    },
    describe(column) {
      const reading = { ...plan.reading, ...(words.size > 0 && { missing: [...words] }) };
      return {
        ...column,
        ...(Object.keys(reading).length > 0 && { reading }),
        ...(count > 0 && !column.odd && { odd: { count, cells: first, read_as: "missing" as const } }),
      };
    },
  };
}
