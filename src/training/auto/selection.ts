/**
 * Selects the candidates of a served average, and their weights: greedy selection with replacement by the loss of out-of-fold predictions.
 * Caruana et al., "Ensemble selection from libraries of models", ICML 2004. Sees candidates as arrays of numbers, and the objective of an
 * average as a function.
 */

/** Rounds of the selection: weights are multiples of one over at most this. */
const ROUNDS = 40;
/** An addition that improves the value by less than this share of it is not worth another network. */
const MIN_GAIN = 1e-4;

export interface Selection {
  /** One weight per candidate; they sum to 1. */
  readonly weights: readonly number[];
  /** The objective of the average: lower is better. */
  readonly value: number;
}

/**
 * Selects at most `members` of the candidates, whose predictions are arrays of equal length. `worthOf` returns the objective of an average,
 * lower is better. Among equal candidates the first wins. Starts with the best one alone, and returns the best average found. Throws a
 * RangeError without candidates.
 */
export function selectGreedily(
  candidates: readonly Float32Array[],
  members: number,
  worthOf: (average: Float32Array) => number,
): Selection {
  const [first] = candidates;
  if (!first) throw new RangeError("there is no candidate to select");
  const counts = candidates.map(() => 0);
  const sum = new Float64Array(first.length);
  const trial = new Float32Array(first.length);
  let best: Selection | null = null;
  for (let round = 1; round <= ROUNDS; round++) {
    const isFull = counts.filter((count) => count > 0).length >= members;
    let chosen = -1;
    let least = Number.POSITIVE_INFINITY;
    candidates.forEach((candidate, index) => {
      if (isFull && counts[index] === 0) return;
      for (let at = 0; at < trial.length; at++) trial[at] = ((sum[at] as number) + (candidate[at] as number)) / round;
      const value = worthOf(trial);
      if (value < least || chosen < 0) {
        chosen = index;
        least = value;
      }
    });
    const candidate = candidates[chosen] as Float32Array;
    for (let at = 0; at < sum.length; at++) sum[at] = (sum[at] as number) + (candidate[at] as number);
    counts[chosen] = (counts[chosen] as number) + 1;
    if (!best || least < best.value - Math.abs(best.value) * MIN_GAIN)
      best = { weights: counts.map((count) => count / round), value: least };
  }
  return best as Selection;
}
