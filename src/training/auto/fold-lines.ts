/** Straight lines beside a search that holds no rows out: one for each fold, fitted on the rows that the fold trains on. */
import type { JobData } from "../data/data.ts";
import type { Fold } from "../data/folds.ts";
import { type Table, takeRows } from "../data/table.ts";
import { fitStraightLine } from "../evaluate/straight-line.ts";
import { placesOf } from "./folds.ts";

/** The outputs of a line for the rows that a fold holds out, or why there is none. */
export type FoldLine =
  | {
      readonly fitted: true;
      /** Rows that it was fitted on. */
      readonly rows: number;
      /** [held-out rows of the fold, outputs] */
      readonly outputs: Float32Array<ArrayBuffer>;
    }
  | { readonly fitted: false; readonly reason: string };

/** One division of the rows into folds, with the lines of its folds that are known already. */
export interface Cut {
  readonly folds: readonly Fold[];
  readonly lines: readonly (FoldLine | undefined)[];
}

/** The data that lines are fitted on. */
interface LineTask {
  readonly spec: { readonly seed: number };
  readonly classes: readonly string[];
  readonly data: JobData;
  /** All rows that any fold holds out. */
  readonly heldOut: Table;
}

/** Fits the line of a fold. A function of its arguments alone. */
export function fitFoldLine({ spec, classes, data, heldOut }: LineTask, { train, validation }: Fold): FoldLine {
  const line = fitStraightLine({
    train: takeRows(data.train, train),
    preprocessing: data.preprocessing,
    classes: classes.length,
    scoredRows: heldOut.rows,
    seed: spec.seed,
  });
  if (!line.fitted) return line;
  return { fitted: true, rows: line.rows, outputs: line.outputs(takeRows(data.train, validation)) };
}

/**
 * The outputs of lines for all held-out rows, in the order of `folds`: the mean over the divisions, each of which holds out the same rows.
 * A line takes up to a second, and an audit has fifty: null if the search has `ended` in the meantime.
 */
export function linesOutOfFold(
  task: LineTask,
  folds: readonly Fold[],
  cuts: readonly Cut[],
  ended: () => boolean,
): FoldLine | null {
  const { data, heldOut } = task;
  const places = placesOf(folds, data.train.rows);
  let outputs: Float32Array<ArrayBuffer> | null = null;
  let rows = 0;
  for (const cut of cuts)
    for (const [index, fold] of cut.folds.entries()) {
      if (ended()) return null;
      const line = cut.lines[index] ?? fitFoldLine(task, fold);
      if (!line.fitted) return line;
      const width = line.outputs.length / fold.validation.length;
      outputs ??= new Float32Array(heldOut.rows * width);
      for (let at = 0; at < line.outputs.length; at++) {
        const place = places[fold.validation[Math.floor(at / width)] as number] as number;
        outputs[place * width + (at % width)]! += (line.outputs[at] as number) / cuts.length;
      }
      rows = line.rows;
    }
  return { fitted: true, rows, outputs: outputs ?? new Float32Array() };
}
