/** Counts the values of the rows that a model predicts, and its answers, as they are read. Knows nothing of requests. */
import type { Model } from "../models/model.ts";
import { createBinTable } from "./bin-table.ts";
import { type Layout, layoutOf } from "./layout.ts";

/** Counts of predicted rows, in the bins of the model's layout. */
export interface PredictionCounts {
  readonly rows: number;
  readonly counts: Float64Array<ArrayBuffer>;
}

/** Where readers write the values of rows: memory instead of a call for each value. */
export interface RowValues {
  /** Number of values of a row that are used, the first ones. */
  readonly width: number;
  readonly values: Float64Array;
  /** The index of the next row's first value. */
  readonly at: number;
  /** Accepts a row whose values are all written. */
  next(): void;
}

export interface Tally {
  readonly modelId: string;
  /** Rows since the last `take`. */
  readonly rows: number;
  readonly seen: RowValues;
  /** Drops the accepted rows, because one of them was wrong. */
  discard(): void;
  /** Counts the accepted rows. */
  commit(rows: number): void;
  /** Counts one answer: the index of a class, or the value of a target. */
  answer(target: number, value: number): void;
  /** Returns the counts, and starts again; null if there are none. */
  take(): PredictionCounts | null;
}

/**
 * Rows whose values wait to be binned together, column by column. A longer request is counted separately until all of it is known to be
 * right.
 */
const ROWS = 64;

/** Creates an empty tally. Null for a model without a reference. */
export function createTally(model: Pick<Model, "id" | "preprocessing" | "inputWidth" | "classes" | "reference">): Tally | null {
  const layout = layoutOf(model);
  return layout && tallyOf(model.id, layout);
}

function tallyOf(modelId: string, { inputs, answers, size }: Layout): Tally {
  const width = inputs.length;
  const inputTable = createBinTable(inputs);
  const answerTable = createBinTable(answers);
  const values = new Float64Array(width * ROWS);
  let at = 0;
  // Values up to here belong to counted rows.
  let sure = 0;
  let counts = new Float64Array(size);
  let rows = 0;
  // Counts of the first rows of a long request: a later row may still be wrong.
  let beside: Float64Array | null = null;
  const binSure = () => {
    inputTable.addRows(counts, values, 0, sure);
    sure = 0;
  };
  return {
    modelId,
    get rows() {
      return rows;
    },
    seen: {
      width,
      values,
      get at() {
        return at;
      },
      next() {
        at += width;
        if (at < values.length) return;
        beside ??= new Float64Array(size);
        inputTable.addRows(beside, values, sure, at);
        binSure();
        at = 0;
      },
    },
    discard() {
      at = sure;
      beside = null;
    },
    commit(added) {
      sure = at;
      if (beside) for (let bin = 0; bin < size; bin++) counts[bin] = (counts[bin] as number) + (beside[bin] as number);
      beside = null;
      rows += added;
    },
    answer(target, value) {
      if (target < answers.length) answerTable.add(counts, target, value);
    },
    take() {
      if (rows === 0) return null;
      binSure();
      at = 0;
      const taken = { rows, counts };
      counts = new Float64Array(size);
      rows = 0;
      return taken;
    },
  };
}
