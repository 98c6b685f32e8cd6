/** The distribution of values: range, mean, standard deviation, and counts in bins. Pure. */

/** The number of bins. */
const BINS = 32;

export interface Distribution {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly sd: number;
  readonly counts: readonly number[];
}

/** Returns the distribution of values, counted in bins of equal width from the smallest to the greatest. */
export function distributionOf(values: Float32Array): Distribution {
  let [min, max, sum, squares] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  for (const value of values) {
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
  }
  const mean = sum / values.length;
  const counts = new Array<number>(BINS).fill(0);
  const scale = max > min ? BINS / (max - min) : 0;
  for (const value of values) {
    squares += (value - mean) ** 2;
    // Values that are all the same are counted in the middle bin.
    counts[scale === 0 ? BINS / 2 : Math.min(BINS - 1, Math.floor((value - min) * scale))]! += 1;
  }
  return { min, max, mean, sd: Math.sqrt(squares / values.length), counts };
}
