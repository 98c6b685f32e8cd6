/** Scores of one class against the rest that need sorted rows: the ROC curve, and the areas under it and under precision and recall. */
import { MAX_CURVE_POINTS, type RocCurve } from "../../domain/models/evaluation.ts";

export interface Areas {
  /** The probability that a row of the class scores higher than another one; a tie counts half. */
  readonly roc: number;
  /** Average precision: the precision at each threshold, weighted by the recall that it adds. */
  readonly precisionRecall: number;
  readonly curve: RocCurve;
}

/**
 * The areas for scores of 0 or more; `isPositive` says which are of the class; `falling` if a low score speaks for it. Null if all rows are
 * of the class, none is, or a score is not a number. Equal scores share a threshold, as in scikit-learn.
 */
export function areasUnderCurves(
  scores: Float32Array,
  isPositive: (row: number) => boolean,
  { falling = false } = {},
): Areas | null {
  const keys = sortedKeys(scores, isPositive, falling);
  let positives = 0;
  let isNumber = true;
  for (let row = 0; row < keys.length; row++) {
    positives += (keys[row] as number) & 1;
    isNumber &&= !Number.isNaN(scores[row]);
  }
  const negatives = keys.length - positives;
  if (positives === 0 || negatives === 0 || !isNumber) return null;
  let roc = 0;
  let precisionRecall = 0;
  let truePositives = 0;
  let falsePositives = 0;
  const curve = createCurve(negatives, positives);
  for (let start = keys.length - 1; start >= 0; ) {
    const threshold = (keys[start] as number) >>> 1;
    let [hits, misses] = [0, 0];
    for (; start >= 0 && (keys[start] as number) >>> 1 === threshold; start--) {
      if ((keys[start] as number) & 1) hits++;
      else misses++;
    }
    // A trapezoid: rows of the class above this threshold beat its others, those at it tie with them.
    roc += misses * (truePositives + hits / 2);
    truePositives += hits;
    falsePositives += misses;
    precisionRecall += hits * (truePositives / (truePositives + falsePositives));
    curve.reach(falsePositives, truePositives);
  }
  return { roc: roc / (positives * negatives), precisionRecall: precisionRecall / positives, curve: curve.end() };
}

/** The minimum distance of stored points. Along both axes together a curve is 2 long, so this bounds their number. */
const STEP = 2 / (MAX_CURVE_POINTS - 2);
const rounded = (share: number): number => Math.round(share * 1e5) / 1e5;

/** Takes the points of a curve in order, and keeps the first, the last, and those a step or more after the last kept one. */
function createCurve(negatives: number, positives: number) {
  const falseRates = [0];
  const trueRates = [0];
  let keptAt = 0;
  const keep = (x: number, y: number): void => {
    falseRates.push(rounded(x));
    trueRates.push(rounded(y));
    keptAt = x + y;
  };
  return {
    reach(falsePositives: number, truePositives: number): void {
      const [x, y] = [falsePositives / negatives, truePositives / positives];
      if (x + y < 2 && x + y - keptAt >= STEP) keep(x, y);
    },
    end(): RocCurve {
      keep(1, 1);
      return { false_positive_rate: falseRates, true_positive_rate: trueRates };
    },
  };
}

/** The bits of each score, which sort like the scores from 0 up, with the answer in the lowest bit: one native sort, without indexes. */
function sortedKeys(scores: Float32Array, isPositive: (row: number) => boolean, falling: boolean): Uint32Array {
  const keys = new Uint32Array(scores.length);
  // Loops, not callbacks: this runs for every epoch of a job that shows areas. Adding 0 turns -0 into 0.
  const positive = new Float32Array(scores.length);
  for (let row = 0; row < positive.length; row++) positive[row] = (scores[row] as number) + 0;
  const bits = new Uint32Array(positive.buffer);
  for (let row = 0; row < keys.length; row++) {
    const order = falling ? 0x7fffffff - (bits[row] as number) : (bits[row] as number);
    keys[row] = (order << 1) | (isPositive(row) ? 1 : 0);
  }
  return keys.sort();
}
