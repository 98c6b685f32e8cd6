/** The labels of one column in the order of their first occurrence, and their counts. */

import { MAX_KEPT_CHARACTERS } from "../../domain/datasets/texts.ts";

/** Longest label of a category, in UTF-16 units. */
export const MAX_LABEL_LENGTH = 1000;

/** The shared budget of the dictionaries of all columns of a table, which they use up as they grow. */
export interface LabelBudget {
  labels: number;
  /** UTF-16 units. */
  characters: number;
  /** UTF-16 units of the texts of text columns. */
  texts: number;
  /** UTF-16 units of labels listed as categories, which are in every description of the data set. */
  listed: number;
}

/** Maximum UTF-16 units of the labels of all categories of a table together. */
export const MAX_LISTED_CHARACTERS = 4 * 1024 * 1024;

/** A budget of some hundred megabytes. */
export function createLabelBudget(): LabelBudget {
  return { labels: 2_000_000, characters: 64 * 1024 * 1024, texts: MAX_KEPT_CHARACTERS, listed: MAX_LISTED_CHARACTERS };
}

/** Maximum distinct values of a column that are counted exactly. */
const MAX_DISTINCT = 100_000;

/** Counts labels until there are too many; known ones are still counted after that. */
export class Labels {
  readonly labels: string[] = [];
  readonly counts: number[] = [];
  longest = 0;
  readonly #codes = new Map<string, number>();
  readonly #budget: LabelBudget;

  constructor(budget: LabelBudget) {
    this.#budget = budget;
  }

  /** Reserves the room to list every label; false if there is none. */
  list(): boolean {
    this.#budget.listed -= this.labels.reduce((total, { length }) => total + length, 0);
    return this.#budget.listed >= 0;
  }

  /** Counts a label and returns its code; -1 if it is new and there is no room for it. */
  add(label: string): number {
    const known = this.#codes.get(label);
    if (known !== undefined) {
      this.counts[known] = (this.counts[known] as number) + 1;
      return known;
    }
    const budget = this.#budget;
    if (this.labels.length >= MAX_DISTINCT || budget.labels < 1 || budget.characters < label.length) return -1;
    budget.labels--;
    budget.characters -= label.length;
    if (label.length > this.longest) this.longest = label.length;
    const code = this.labels.push(label) - 1;
    this.counts.push(1);
    this.#codes.set(label, code);
    return code;
  }
}
