/**
 * Collects the values of epochs and reports them in chunks: often enough for live charts, and rarely enough that a network
 * with a hundred thousand epochs per second does not overload its readers. Keeps the last and the best epoch.
 */
import type { JobMetrics } from "../../domain/jobs/job.ts";
import type { MetricChunk, Series } from "../../domain/metrics/metric.ts";

/** Most epochs per chunk: 20 chunks per second at 160,000 epochs per second, in frames that cost the event loop little. */
const CHUNK_EPOCHS = 8192;
/** Time between two chunks, unless a chunk is full earlier. */
const CHUNK_INTERVAL_MS = 100;

export type EpochValues = Partial<Record<Series, number>>;

export interface Recorder {
  /** Adds the values of the next epoch; every epoch has the same series. */
  record(values: EpochValues): void;
  /** Reports the collected epochs if a chunk is due, or always if `force` is set. */
  flush(force: boolean): void;
  /** Number of epochs recorded so far, including those before `skip`. */
  readonly epoch: number;
  /** Returns the last and the best epoch; null before the first epoch. */
  metrics(): JobMetrics | null;
  /** Whether the last epoch is the best. */
  isBest(): boolean;
}

/**
 * Creates a recorder of `series` that reports the epochs after `skip`; an earlier attempt has reported the others. The best
 * epoch has the smallest value of `monitor`. `start` is the state of the checkpoint that the run resumes from.
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
      // Any number is better than NaN in the first epoch.
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
