/**
 * Gathers what each epoch gave and hands it on in chunks: often enough to watch, seldom enough that a network of a hundred
 * thousand epochs a second does not drown its readers. Remembers the last epoch, the lowest, and the one whose weights are kept.
 */
import type { JobMetrics, NumberedEpoch } from "../../domain/jobs/job.ts";
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
  /** Says that the model will have the weights of the last epoch, unless another is kept later. */
  keep(): void;
  /** The epoch that was kept; null when none was, and the model has the weights of the last one. */
  readonly kept: NumberedEpoch | null;
  /** Of a run under way, whose best epoch is the lowest. Null before the first epoch. */
  metrics(): JobMetrics | null;
  /** Of a run that has made a model, whose best epoch is the one with the model's weights. Null before the first epoch. */
  finished(): JobMetrics | null;
  /** Whether the last epoch is the lowest. */
  isLowest(): boolean;
}

/** Where a recorder goes on from. */
export interface RecorderStart {
  readonly epoch: number;
  readonly metrics: JobMetrics | null;
  readonly kept: NumberedEpoch | null;
}

/**
 * A recorder of `series` that reports epochs after `skip` (an earlier attempt has reported those already). The lowest epoch
 * is the one with the least value of `monitor`. `start` is where a checkpoint was written.
 */
export function createRecorder(
  series: readonly Series[],
  monitor: Series,
  skip: number,
  report: (chunk: MetricChunk) => void,
  start: RecorderStart = { epoch: 0, metrics: null, kept: null },
): Recorder {
  const columns = series.map(() => new Float64Array(CHUNK_EPOCHS));
  let { epoch } = start;
  let count = 0;
  let lastFlush = performance.now();
  let final: EpochValues | null = start.metrics?.final ?? null;
  let lowest: NumberedEpoch | null = start.metrics?.best ?? null;
  let { kept } = start;

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
      if (lowest === null || value < (lowest[monitor] as number) || Number.isNaN(lowest[monitor]))
        lowest = { epoch, ...values };
      if (epoch <= skip) return;
      for (let index = 0; index < series.length; index++) {
        (columns[index] as Float64Array)[count] = values[series[index] as Series] as number;
      }
      if (++count === CHUNK_EPOCHS) flush(true);
    },
    flush,
    keep() {
      kept = { epoch, ...final };
    },
    get kept() {
      return kept;
    },
    metrics: () => (final && lowest ? { final, best: lowest } : null),
    finished: () => (final && lowest ? { final, best: kept ?? { epoch, ...final }, lowest } : null),
    isLowest: () => lowest?.epoch === epoch,
  };
}
