/** The rows that a model is most wrong on, by their numbers in the job's data. */
import type { TargetScaling } from "../../domain/datasets/preprocessing.ts";
import {
  MAX_LISTED_CLASSES,
  MAX_WORST_ROWS,
  type PartEvaluation,
  WORST_OF_CELL,
  WORST_RESIDUALS,
  type WorstClass,
  type WorstValue,
} from "../../domain/models/evaluation.ts";
import { choose, columnValues, type Predicted, probabilityOf } from "./evaluate.ts";

/**
 * An evaluation with its worst rows. `numbers` are those of its rows in the data. A regression of several outputs, whose errors have no one
 * order, stays as it is.
 */
export function withWorstRows(
  evaluation: PartEvaluation,
  predicted: Predicted,
  numbers: Int32Array,
  classes: readonly string[],
  scalings: readonly (TargetScaling | null)[],
): PartEvaluation {
  if ("accuracy" in evaluation) return { ...evaluation, worst_rows: worstClasses(predicted, numbers, classes) };
  if (predicted.outputs.length !== predicted.rows) return evaluation;
  return { ...evaluation, worst_rows: worstValues(predicted, numbers, scalings) };
}

/** By the size of the error; NaN is the worst. */
function worstValues(rows: Predicted, numbers: Int32Array, scalings: readonly (TargetScaling | null)[]): WorstValue[] {
  const { actual, predicted } = columnValues(rows, scalings, 0);
  const worst = createWorst(WORST_RESIDUALS);
  for (let row = 0; row < rows.rows; row++) worst.offer(row, Math.abs((actual[row] as number) - (predicted[row] as number)));
  return worst.rows().map((row) => {
    const value = predicted[row] as number;
    const own = Number.isFinite(value) ? value : null;
    return { row: numbers[row] as number, actual: actual[row] as number, predicted: own };
  });
}

/** By how much probability the actual class lacks, at most this many for each cell of the confusion matrix. */
function worstClasses(rows: Predicted, numbers: Int32Array, classes: readonly string[]): WorstClass[] {
  const choices = choose(rows);
  // With too many classes for a confusion matrix there is one list.
  const isListed = classes.length <= MAX_LISTED_CLASSES;
  const cells = new Map<number, Worst>();
  for (let row = 0; row < rows.rows; row++) {
    const target = rows.targets[row] as number;
    const key = isListed ? target * classes.length + (choices[row] as number) : 0;
    const cell = cells.get(key) ?? createWorst(isListed ? WORST_OF_CELL : MAX_WORST_ROWS);
    cells.set(key, cell);
    cell.offer(row, 1 - probabilityOf(rows, row, target));
  }
  // If there are too many, the worst of every cell come before the second of any.
  const ranked = [...cells.values()].flatMap((cell) => cell.rows().map((row, rank) => ({ row, rank })));
  const kept = ranked.sort((a, b) => a.rank - b.rank).slice(0, MAX_WORST_ROWS);
  return kept
    .map(({ row }) => {
      const target = rows.targets[row] as number;
      const probability = probabilityOf(rows, row, target);
      return {
        row: numbers[row] as number,
        actual: classes[target] as string,
        predicted: classes[choices[row] as number] as string,
        probability: Number.isFinite(probability) ? probability : null,
      };
    })
    .sort((a, b) => (a.probability ?? -1) - (b.probability ?? -1) || a.row - b.row);
}

interface Worst {
  /** Adds a row if it is among the worst so far; among equal ones the first stays. */
  offer(row: number, error: number): void;
  /** The worst first. */
  rows(): number[];
}

/** The rows of the `limit` greatest errors. */
function createWorst(limit: number): Worst {
  const kept: { readonly row: number; readonly error: number }[] = [];
  return {
    offer(row, given) {
      const error = Number.isNaN(given) ? Number.POSITIVE_INFINITY : given;
      if (kept.length === limit && !(error > (kept[limit - 1]?.error ?? 0))) return;
      const place = kept.findIndex((other) => error > other.error);
      kept.splice(place < 0 ? kept.length : place, 0, { row, error });
      if (kept.length > limit) kept.pop();
    },
    rows: () => kept.map(({ row }) => row),
  };
}
