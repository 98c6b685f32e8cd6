/**
 * Downsampling: chooses the epochs of a long run that a chart needs. A line through the chosen epochs covers the same pixels as
 * a line through all epochs, because each bucket keeps the minimum and maximum of every column (min/max decimation).
 */
import { type MetricChunk, SERIES, type Series, toWire, type WireColumns } from "./metric.ts";

/**
 * Epochs of a block: the first block is 1..BLOCK_EPOCHS. Buckets of at least two blocks start at a block, so that the extremes of
 * blocks (min-max-index.ts) determine those of buckets.
 */
export const BLOCK_EPOCHS = 512;

/** A subset of the epochs `from`..`to`, ascending, with a value per epoch and column. */
export interface SampledChunk extends MetricChunk {
  readonly epochs: Float64Array<ArrayBuffer>;
}

/** A range of epochs, complete or a sample. */
export type Rows = MetricChunk | SampledChunk;

/** Whether buckets start at blocks when `total` epochs of `columns` columns are downsampled to about `points`. */
export function isBlockAligned(total: number, columns: number, points: number): boolean {
  return total * 2 * columns >= points * 2 * BLOCK_EPOCHS;
}

/**
 * Chooses about `points` epochs of `from`..`to`, ascending: the first, the last, and the epochs with the minimum and maximum
 * finite value of every column, overall and in each bucket. Buckets have the same size to within a block. Chooses all epochs if
 * there are at most `points`, and more than `points` only if that is too few for the ends and extremes. `chunks` are
 * consecutive.
 */
export function chooseEpochs(chunks: readonly Rows[], from: number, to: number, points: number): number[] {
  const first = Math.max(from, chunks[0]?.from ?? 1);
  const last = Math.min(to, chunks.at(-1)?.to ?? 0);
  if (last < first) return [];
  const total = last - first + 1;
  if (total <= points) return Array.from({ length: total }, (_, index) => first + index);
  const chosen = new Set([first, last]);
  const names = seriesIn(chunks);
  for (const name of names) addExtremes(chosen, chunks, name, first, last);
  const buckets = Math.floor((points - chosen.size) / (2 * names.length));
  const isAligned = isBlockAligned(total, names.length, points);
  const startOf = (bucket: number): number => {
    const before = first - 1 + Math.floor((bucket * total) / buckets);
    const isEdge = bucket === 0 || bucket === buckets;
    return (isAligned && !isEdge ? Math.floor(before / BLOCK_EPOCHS) * BLOCK_EPOCHS : before) + 1;
  };
  for (let bucket = 0; bucket < buckets; bucket++) {
    const [start, end] = [startOf(bucket), startOf(bucket + 1) - 1];
    for (const name of names) addExtremes(chosen, chunks, name, start, end);
  }
  return Array.from(chosen).sort((a, b) => a - b);
}

/** Returns the columns that any of the chunks has, in the order of SERIES. */
export function seriesIn(chunks: readonly MetricChunk[]): Series[] {
  return SERIES.filter((name) => chunks.some(({ series }) => series[name]));
}

/** Adds the epochs with the minimum and maximum finite value of a column within `start`..`end`; the first of equal values. */
export function addExtremes(chosen: Set<number>, chunks: readonly Rows[], name: Series, start: number, end: number): void {
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  let leastEpoch = 0;
  let greatestEpoch = 0;
  for (let index = indexOfEpoch(chunks, start); index < chunks.length; index++) {
    const chunk = chunks[index] as Rows;
    if (chunk.from > end) break;
    const column = chunk.series[name];
    if (!column) continue;
    const epochs = "epochs" in chunk ? chunk.epochs : null;
    const stop = rowOf(chunk, end + 1);
    for (let row = rowOf(chunk, start); row < stop; row++) {
      const value = column[row] as number;
      // Comparisons with NaN are false; infinities are excluded explicitly.
      if (value < least && value !== Number.NEGATIVE_INFINITY) {
        least = value;
        leastEpoch = epochs ? (epochs[row] as number) : chunk.from + row;
      }
      if (value > greatest && value !== Number.POSITIVE_INFINITY) {
        greatest = value;
        greatestEpoch = epochs ? (epochs[row] as number) : chunk.from + row;
      }
    }
  }
  if (leastEpoch > 0) chosen.add(leastEpoch);
  if (greatestEpoch > 0) chosen.add(greatestEpoch);
}

/** Returns the row of an epoch, or of the next epoch that exists; the number of rows if there is none. */
function rowOf(chunk: Rows, epoch: number): number {
  if ("epochs" in chunk) return lowerBound(chunk.epochs.length, (row) => (chunk.epochs[row] as number) < epoch);
  return Math.min(Math.max(epoch - chunk.from, 0), chunk.to - chunk.from + 1);
}

/** Returns the position of the chunk that contains an epoch. */
function indexOfEpoch(chunks: readonly Rows[], epoch: number): number {
  return lowerBound(chunks.length, (index) => (chunks[index] as Rows).to < epoch);
}

/** Returns the first of `count` positions for which `isBefore` is false, by bisection. */
function lowerBound(count: number, isBefore: (position: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Returns a column's values at chosen epochs, which must exist. NaN where a chunk does not have the column. */
export function pickRows(chunks: readonly Rows[], name: Series, epochs: Iterable<number>): number[] {
  return Array.from(epochs, (epoch) => {
    const chunk = chunks[indexOfEpoch(chunks, epoch)];
    return chunk?.series[name]?.[rowOf(chunk, epoch)] ?? Number.NaN;
  });
}

/** Returns the columns of chosen epochs, ascending, in the wire format. NaN where a chunk does not have a column. */
export function pickEpochs(chunks: readonly Rows[], epochs: readonly number[]): WireColumns {
  const series: WireColumns["series"] = {};
  for (const name of seriesIn(chunks)) series[name] = pickRows(chunks, name, epochs).map(toWire);
  return { epochs: [...epochs], series };
}
