/**
 * Influences of rows on the areas under the ROC curve and under precision and recall. Those on the first are DeLong's structural
 * components (DeLong, DeLong and Clarke-Pearson, "Comparing the areas under two or more correlated receiver operating characteristic
 * curves", 1988), by ranks.
 */
import type { Influence } from "./influence.ts";

/** Rows that share a score, the greatest score first. */
interface Step {
  readonly rows: readonly number[];
  readonly hits: number;
  readonly misses: number;
}

/** Null when all rows are of the class, none is, or a score is not a number. */
export function areaInfluences(
  scores: Float32Array,
  isPositive: (row: number) => boolean,
): { readonly roc: Influence; readonly precisionRecall: Influence } | null {
  const rows = scores.length;
  if (scores.some(Number.isNaN)) return null;
  const steps = stepsOf(scores, isPositive);
  const positives = steps.reduce((total, { hits }) => total + hits, 0);
  const negatives = rows - positives;
  if (positives === 0 || negatives === 0) return null;
  return {
    roc: rocInfluence(steps, isPositive, positives, negatives),
    precisionRecall: precisionInfluence(steps, isPositive, positives, rows),
  };
}

function stepsOf(scores: Float32Array, isPositive: (row: number) => boolean): Step[] {
  const order = Int32Array.from(scores, (_, row) => row).sort((a, b) => (scores[b] as number) - (scores[a] as number));
  const steps: Step[] = [];
  for (let start = 0; start < order.length; ) {
    const score = scores[order[start] as number];
    const rows: number[] = [];
    for (; start < order.length && scores[order[start] as number] === score; start++) rows.push(order[start] as number);
    const hits = rows.filter(isPositive).length;
    steps.push({ rows, hits, misses: rows.length - hits });
  }
  return steps;
}

/** Each row of the class counts the share of others that it beats, each other the share of the class that beats it. */
function rocInfluence(
  steps: readonly Step[],
  isPositive: (row: number) => boolean,
  positives: number,
  negatives: number,
): Influence {
  const all = positives + negatives;
  const beaten = new Float64Array(all);
  let [above, missesAbove, area] = [0, 0, 0];
  for (const { rows, hits, misses } of steps) {
    const wins = (negatives - missesAbove - misses / 2) / negatives;
    const losses = (above + hits / 2) / positives;
    for (const row of rows) beaten[row] = isPositive(row) ? wins : losses;
    area += (hits * wins) / positives;
    above += hits;
    missesAbove += misses;
  }
  const influence = beaten.map((share, row) => ((share - area) * all) / (isPositive(row) ? positives : negatives));
  return { value: area, rows: influence };
}

/**
 * Average precision is sum over steps of hits / positives times precision. A row of weight w adds to the hits of its own step if it is of
 * the class, and to the true positives of that step and all below; in any case it adds to their rows. The influences are the derivatives by
 * w.
 */
function precisionInfluence(
  steps: readonly Step[],
  isPositive: (row: number) => boolean,
  positives: number,
  all: number,
): Influence {
  const precisions: number[] = [];
  const reached: number[] = [];
  let [hitsSoFar, rowsSoFar, area] = [0, 0, 0];
  for (const { hits, rows } of steps) {
    hitsSoFar += hits;
    rowsSoFar += rows.length;
    precisions.push(hitsSoFar / rowsSoFar);
    reached.push(rowsSoFar);
    area += (hits * hitsSoFar) / rowsSoFar / positives;
  }
  const influence = new Float64Array(all);
  let [ofHits, ofRows] = [0, 0];
  for (let index = steps.length - 1; index >= 0; index--) {
    const { hits, rows } = steps[index] as Step;
    const [precision, below] = [precisions[index] as number, reached[index] as number];
    ofHits += hits / below;
    ofRows += (hits * precision) / below;
    for (const row of rows) {
      const own = isPositive(row) ? precision - area + ofHits : 0;
      influence[row] = ((own - ofRows) * all) / positives;
    }
  }
  return { value: area, rows: influence };
}
