/**
 * Gathers what each epoch gave and hands it on in chunks: often enough to watch, seldom enough that a network of a hundred
 * thousand epochs a second does not drown its readers. Keeps the last and the best epoch.
 */
import type { JobMetrics } from "../../domain/jobs/job.ts";
import type { MetricChunk, Series } from "../../domain/metrics/metric.ts";

/** Most epochs in a chunk: 20 chunks a second at 160,000 epochs a second, and a frame that costs the event loop little. */
const CHUNK_EPOCHS = 8192;
/** Time between two chunks, unless one is full. */
const CHUNK_INTERVAL_MS = 100;

export type EpochValues = Partial<Record<Series, number>>;

export interface Recorder {
  /** Takes the values of the next epoch; the same series every time. */
  record(values: EpochValues): void;
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
  let { epoch } = start;
  let count = 0;
  let lastFlush = performance.now();
  let final: EpochValues | null = start.metrics?.final ?? null;
  let best = (start.metrics?.best ?? null) as (EpochValues & { epoch: number }) | null;

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
    record(values) {
      epoch++;
      final = values;
      const value = values[monitor] as number;
      // Written so that any number is better than a first epoch that gave none.
      if (best === null || value < (best[monitor] as number) || Number.isNaN(best[monitor])) best = { epoch, ...values };
      if (epoch <= skip) return;
      for (let index = 0; index < series.length; index++) {
        (columns[index] as Float64Array)[count] = values[series[index] as Series] as number;
      }
      if (++count === CHUNK_EPOCHS) flush(true);
    },
    flush,
    metrics: () => (final && best ? { final, best } : null),
    isBest: () => best?.epoch === epoch,
  };
}
