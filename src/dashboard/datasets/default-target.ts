/** Guesses which column of a table is the one to predict: the last possible one that is not an id, a constant or text. Pure. */
import type { Column } from "../../domain/datasets/dataset.ts";

/** A column that was chosen as the target, and why. */
export interface ChosenTarget {
  readonly name: string;
  /** A sentence without its full stop. */
  readonly why: string;
}

interface Table {
  readonly rows: number;
  readonly columns: readonly Column[];
}

/** Number of rows from which whole numbers without repeats are more likely ids than measurements: as on the server. */
const ID_ROWS = 50;
/** Number of labels that is always small enough for classes. */
const FEW_LABELS = 20;
/** Names that suggest a target. */
const TARGET_NAMES = /^(target|label|class|outcome|y)$/i;

const numbersRows = ({ name, type, missing, distinct, statistics }: Column, rows: number): boolean =>
  type === "integer" &&
  missing === 0 &&
  distinct === rows &&
  (/(^|[^a-z])id$/i.test(name) || (rows >= ID_ROWS && statistics !== null && statistics.max - statistics.min < 2 * distinct));

/** Why a column cannot be a target, in words that follow its name; the first that applies. */
const UNFIT: readonly (readonly [holds: (column: Column, rows: number) => boolean, words: string])[] = [
  [({ type }) => type === "text", "is text"],
  [({ type }) => type === "datetime", "is times"],
  [({ role }) => role === "index", "counts the rows"],
  [({ distinct }) => distinct < 2, "has one value"],
  [({ type, distinct }, rows) => type === "category" && distinct > Math.max(FEW_LABELS, rows / 2), "hardly repeats a label"],
  [numbersRows, "numbers the rows"],
];

/** Returns why a column cannot be a target: "has one value"; null if it can. */
export function unfitAsTarget(column: Column, rows: number): string | null {
  return UNFIT.find(([holds]) => holds(column, rows))?.[1] ?? null;
}

/** Returns the column to begin with; null if none can be a target. */
export function defaultTarget({ rows, columns }: Table): ChosenTarget | null {
  const fit = columns.filter((column) => unfitAsTarget(column, rows) === null);
  const named = fit.findLast(({ name }) => TARGET_NAMES.test(name));
  if (named) return { name: named.name, why: "Chosen by its name" };
  const last = fit.at(-1);
  if (!last) return null;
  const passed = columns.slice(columns.indexOf(last) + 1);
  const reasons = passed.map((column) => `${column.name} ${unfitAsTarget(column, rows)}`);
  return { name: last.name, why: reasons.length === 0 ? "Chosen as the last column" : `Chosen because ${reasons.join(", ")}` };
}
