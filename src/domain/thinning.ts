/**
 * Thinning: which epochs of a long run a chart needs. Pure. A line drawn through what is kept covers the same pixels as one
 * through all: each bucket's least and greatest value of every column stay (min/max decimation).
 */
import { type MetricSlice, SERIES, type Series, toWire, type WireColumns } from "./metric.ts";

/**
 * About `points` epochs out of those in `from`..`to`, ascending: first and last, and every column's least and greatest finite
 * value, of all and of each of a number of equal buckets. All of them when they are at most `points`; more than `points` only
 * when that is too small for the ends and extremes. `slices` are consecutive.
 */
export function chooseEpochs(slices: readonly MetricSlice[], from: number, to: number, points: number): number[] {
  const first = Math.max(from, slices[0]?.from ?? 1);
  const last = Math.min(to, slices.at(-1)?.to ?? 0);
  if (last < first) return [];
  const total = last - first + 1;
  if (total <= points) return Array.from({ length: total }, (_, index) => first + index);
  const chosen = new Set([first, last]);
  const names = SERIES.filter((name) => slices.some(({ series }) => series[name]));
  for (const name of names) addExtremes(chosen, slices, name, first, last);
  const buckets = Math.floor((points - chosen.size) / (2 * names.length));
  for (let bucket = 0; bucket < buckets; bucket++) {
    const start = first + Math.floor((bucket * total) / buckets);
    const end = first + Math.floor(((bucket + 1) * total) / buckets) - 1;
    for (const name of names) addExtremes(chosen, slices, name, start, end);
  }
  return Array.from(chosen).sort((a, b) => a - b);
}

/** Adds the epochs of the least and the greatest finite value of a column within `start`..`end`. */
function addExtremes(chosen: Set<number>, slices: readonly MetricSlice[], name: Series, start: number, end: number): void {
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  let leastEpoch = 0;
  let greatestEpoch = 0;
  for (let index = indexOfEpoch(slices, start); index < slices.length; index++) {
    const slice = slices[index] as MetricSlice;
    if (slice.from > end) break;
    const column = slice.series[name];
    if (!column) continue;
    const stop = Math.min(end, slice.to) - slice.from;
    for (let row = Math.max(start - slice.from, 0); row <= stop; row++) {
      const value = column[row] as number;
      // Comparisons with NaN are false; infinities are left out by name.
      if (value < least && value !== Number.NEGATIVE_INFINITY) {
        least = value;
        leastEpoch = slice.from + row;
      }
      if (value > greatest && value !== Number.POSITIVE_INFINITY) {
        greatest = value;
        greatestEpoch = slice.from + row;
      }
    }
  }
  if (leastEpoch > 0) chosen.add(leastEpoch);
  if (greatestEpoch > 0) chosen.add(greatestEpoch);
}

/** The position of the slice that holds an epoch, by bisection. */
function indexOfEpoch(slices: readonly MetricSlice[], epoch: number): number {
  let low = 0;
  let high = slices.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((slices[middle] as MetricSlice).to < epoch) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The columns of chosen epochs, ascending, as JSON carries them. A column that a slice lacks is NaN there. */
export function pickEpochs(slices: readonly MetricSlice[], epochs: readonly number[]): WireColumns {
  const names = SERIES.filter((name) => slices.some((slice) => slice.series[name]));
  const series: WireColumns["series"] = {};
  for (const name of names) {
    series[name] = epochs.map((epoch) => {
      const slice = slices[indexOfEpoch(slices, epoch)];
      return toWire(slice?.series[name]?.[epoch - slice.from] ?? Number.NaN);
    });
  }
  return { epochs: [...epochs], series };
}
