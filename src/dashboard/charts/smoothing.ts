/** Smoothing of drawn curves: an exponential mean by epochs, at any distance between points. Pure. */

/** Spans to choose from, in epochs; 0 is none. */
export const SMOOTHING_SPANS = [0, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000] as const;

/**
 * The exponentially weighted mean with a span in epochs (a new epoch counts 2 / (span + 1), as in pandas' `ewm(span)`). A point that is
 * many epochs after the one before counts as much as all of them would. Values that are not finite, or absent (1), are skipped.
 */
export function smooth(
  epochs: ArrayLike<number>,
  values: ArrayLike<number>,
  span: number,
  absent?: ArrayLike<number>,
): Float64Array {
  const smoothed = new Float64Array(values.length);
  const kept = 1 - 2 / (span + 1);
  let mean = Number.NaN;
  let at = 0;
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number;
    if (Number.isFinite(value) && !absent?.[index]) {
      const epoch = epochs[index] as number;
      mean = Number.isNaN(mean) ? value : value + (mean - value) * kept ** (epoch - at);
      at = epoch;
      smoothed[index] = mean;
    } else smoothed[index] = Number.NaN;
  }
  return smoothed;
}
