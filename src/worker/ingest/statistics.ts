/** Statistics of a column of numbers, from its sorted values. */
import type { Column } from "../../domain/datasets/dataset.ts";

type NumericStatistics = NonNullable<Column["statistics"]>;

/** Values in `top`. */
export const TOP_VALUES = 10;
const HISTOGRAM_BINS = 20;
/** Squares of larger numbers overflow; they are scaled down by a power of two, which loses no bits. */
const LARGE = 2 ** 500;
const LARGE_SCALE = 2 ** 600;

export interface NumericSummary {
  readonly distinct: number;
  readonly statistics: NumericStatistics | null;
  readonly top: readonly { readonly value: number; readonly count: number }[];
}

/**
 * Statistics of the values that are not NaN. They are sorted in `scratch`, which has room for all of them. One scratch serves all columns
 * of a table, because the memory of a copy for each would be freed only long after.
 */
export function summarise(values: Float64Array, scratch = new Float64Array(values.length)): NumericSummary {
  const sorted = present(values, scratch).sort();
  if (sorted.length === 0) return { distinct: 0, statistics: null, top: [] };
  const min = sorted[0] as number;
  const max = sorted.at(-1) as number;
  const [mean, sd] = momentsOf(sorted, Math.max(Math.abs(min), Math.abs(max)));
  const q = (share: number): number => quantile(sorted, share);
  const quantiles = { q05: q(0.05), q25: q(0.25), q50: q(0.5), q75: q(0.75), q95: q(0.95) };
  const statistics = { min, max, mean, sd, quantiles, histogram: histogramOf(sorted, min, max) };
  return { ...runsOf(sorted), statistics };
}

/** Copies the values without NaN to the beginning of `copy`. */
function present(values: Float64Array, copy: Float64Array): Float64Array {
  let count = 0;
  for (let row = 0; row < values.length; row++) {
    const value = values[row] as number;
    if (!Number.isNaN(value)) copy[count++] = value;
  }
  return copy.subarray(0, count);
}

/** Mean and population standard deviation, in two passes. */
function momentsOf(values: Float64Array, magnitude: number): readonly [mean: number, sd: number] {
  const scale = magnitude > LARGE ? LARGE_SCALE : 1;
  const unit = 1 / scale;
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += (values[at] as number) * unit;
  const mean = sum / values.length;
  let squares = 0;
  for (let at = 0; at < values.length; at++) {
    const deviation = (values[at] as number) * unit - mean;
    squares += deviation * deviation;
  }
  return [mean * scale, Math.sqrt(squares / values.length) * scale];
}

/** Linear between the two nearest values, as in numpy and R (type 7). */
function quantile(sorted: Float64Array, share: number): number {
  const position = (sorted.length - 1) * share;
  const below = sorted[Math.floor(position)] as number;
  const above = sorted[Math.ceil(position)] as number;
  const weight = position - Math.floor(position);
  return weight === 0 ? below : below * (1 - weight) + above * weight;
}

/** Bins of equal width from `min` to `max`, each without its upper edge except the last; one bin if all values are equal. */
function histogramOf(sorted: Float64Array, min: number, max: number): NumericStatistics["histogram"] {
  const bins = min === max ? 1 : HISTOGRAM_BINS;
  const edges = Array.from({ length: bins + 1 }, (_, edge) => {
    const weight = edge / bins;
    return edge === bins ? max : min * (1 - weight) + max * weight;
  });
  const counts: number[] = [];
  let from = 0;
  for (let bin = 0; bin < bins; bin++) {
    const to = bin === bins - 1 ? sorted.length : firstAtLeast(sorted, edges[bin + 1] as number);
    counts.push(to - from);
    from = to;
  }
  return { edges, counts };
}

function firstAtLeast(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Runs of equal values: how many there are, and the longest, the smaller value first among equals. */
function runsOf(sorted: Float64Array): Pick<NumericSummary, "distinct" | "top"> {
  const top: { value: number; count: number }[] = [];
  let distinct = 0;
  for (let start = 0; start < sorted.length; distinct++) {
    const value = sorted[start] as number;
    let end = start + 1;
    while (end < sorted.length && sorted[end] === value) end++;
    const count = end - start;
    const least = top.at(-1);
    if (top.length < TOP_VALUES || (least && count > least.count)) {
      const place = top.findIndex((other) => other.count < count);
      top.splice(place < 0 ? top.length : place, 0, { value: value + 0, count });
      if (top.length > TOP_VALUES) top.pop();
    }
    start = end;
  }
  return { distinct, top };
}
