/**
 * Gathers what each epoch gave and hands it on in chunks: often enough to watch, seldom enough that a network of a hundred
 * thousand epochs a second does not drown its readers. Keeps the last and the best epoch.
 */
import type { JobMetrics } from "../../domain/jobs/job.ts";
import type { MetricChunk, Series } from "../../domain/metrics/metric.ts";
import { columnOf, type EpochColumns } from "./epoch.ts";

/** Most epochs in a chunk: 20 chunks a second at 160,000 epochs a second, and a frame that costs the event loop little. */
const CHUNK_EPOCHS = 8192;
/** Time between two chunks, unless one is full. */
const CHUNK_INTERVAL_MS = 100;

export interface Recorder {
  /** Takes the next `count` epochs, each of which took `epochMs`. */
  record(columns: EpochColumns, count: number, epochMs: number): void;
  /** Hands on what is gathered if it is due, or in any case when `force` is set. */
  flush(force: boolean): void;
  /** Epochs recorded so far, those before `skip` included. */
  readonly epoch: number;
  /** Null before the first epoch. */
  metrics(): JobMetrics | null;
  /** Whether the last epoch is the best. */
  isBest(): boolean;
}

/**
 * A recorder of `series` that reports epochs after `skip` (an earlier attempt has reported those already). The best epoch
 * is the one with the least value of `monitor`. `start` is where a checkpoint was written.
 */
export function createRecorder(
  series: readonly Series[],
  monitor: Series,
  skip: number,
  report: (chunk: MetricChunk) => void,
  start: { readonly epoch: number; readonly metrics: JobMetrics | null } = { epoch: 0, metrics: null },
): Recorder {
  const columns = series.map(() => new Float64Array(CHUNK_EPOCHS));
  const monitorAt = series.indexOf(monitor);
  const { final, best } = start.metrics ?? { final: null, best: null };
  // Rows of values in the order of `series`: of the last epoch and of the best.
  const lastRow = Float64Array.from(series, (name) => final?.[name] ?? Number.NaN);
  const bestRow = Float64Array.from(series, (name) => best?.[name] ?? Number.NaN);
  let bestEpoch = best?.epoch ?? 0;
  let { epoch } = start;
  let count = 0;
  let lastFlush = performance.now();

  const valuesOf = (row: Float64Array) => Object.fromEntries(series.map((name, at) => [name, row[at] as number]));

  const flush = (force: boolean) => {
    const now = performance.now();
    if (count === 0 || (!force && count < CHUNK_EPOCHS && now - lastFlush < CHUNK_INTERVAL_MS)) return;
    const chunk = Object.fromEntries(
      series.map((name, index) => [name, (columns[index] as Float64Array<ArrayBuffer>).slice(0, count)]),
    );
    report({ from: epoch - count + 1, to: epoch, series: chunk });
    count = 0;
    lastFlush = now;
  };

  return {
    get epoch() {
      return epoch;
    },
    record(given, recorded, epochMs) {
      const sources = series.map((name) => (name === "epoch_ms" ? null : columnOf(given, name)));
      const copyRow = (row: Float64Array, index: number) =>
        sources.forEach((source, at) => {
          row[at] = source ? (source[index] as number) : epochMs;
        });
      const monitored = sources[monitorAt] as Float64Array;
      let bestIndex = -1;
      let least = bestRow[monitorAt] as number;
      for (let index = 0; index < recorded; index++) {
        const value = monitored[index] as number;
        // Written so that any number is better than a first epoch whose value is none.
        if (bestEpoch > 0 && !(value < least) && !Number.isNaN(least)) continue;
        least = value;
        bestIndex = index;
        bestEpoch = epoch + index + 1;
      }
      if (bestIndex >= 0) copyRow(bestRow, bestIndex);
      copyRow(lastRow, recorded - 1);
      // Epochs that an earlier attempt reported.
      let index = Math.min(recorded, Math.max(0, skip - epoch));
      epoch += index;
      while (index < recorded) {
        const taken = Math.min(recorded - index, CHUNK_EPOCHS - count);
        sources.forEach((source, at) => {
          const column = columns[at] as Float64Array;
          if (source) column.set(source.subarray(index, index + taken), count);
          else column.fill(epochMs, count, count + taken);
        });
        index += taken;
        count += taken;
        epoch += taken;
        if (count === CHUNK_EPOCHS) flush(true);
      }
    },
    flush,
    metrics: () => (bestEpoch > 0 ? { final: valuesOf(lastRow), best: { epoch: bestEpoch, ...valuesOf(bestRow) } } : null),
    isBest: () => bestEpoch === epoch,
  };
}
