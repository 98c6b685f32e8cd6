/** How values are distributed: their range, mean and deviation, and counts in bins. Pure. */

/** How many bins. */
export const BINS = 32;

export interface Distribution {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly sd: number;
  readonly counts: readonly number[];
}

/** Counts in bins of equal width between the least and the greatest value. */
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
    // Values that are all alike stand in the middle.
    counts[scale === 0 ? BINS / 2 : Math.min(BINS - 1, Math.floor((value - min) * scale))]! += 1;
  }
  return { min, max, mean, sd: Math.sqrt(squares / values.length), counts };
}
