/**
 * Collects the values of epochs and reports them in chunks: often enough for live charts, and rarely enough that a network
 * with a hundred thousand epochs per second does not overload its readers. Remembers the last epoch, the lowest, and the one whose
 * weights are kept.
 */
import type { JobMetrics, NumberedEpoch } from "../../domain/jobs/job.ts";
import type { MetricChunk, Series } from "../../domain/metrics/metric.ts";
import { columnOf, type EpochColumns } from "./epoch.ts";

/** Most epochs per chunk: 20 chunks per second at 160,000 epochs per second, in frames that cost the event loop little. */
const CHUNK_EPOCHS = 8192;
/** Time between two chunks, unless a chunk is full earlier. */
const CHUNK_INTERVAL_MS = 100;
/** Epochs that a recorder has room for at first: most jobs have few, and large columns cost more to allocate than these to fill. */
const FIRST_EPOCHS = 256;

export interface Recorder {
  /** Adds the next `count` epochs, each of which took `epochMs`. */
  record(columns: EpochColumns, count: number, epochMs: number): void;
  /** Reports the collected epochs if a chunk is due, or always if `force` is set. */
  flush(force: boolean): void;
  /** Returns the collected epochs instead of reporting them; null if there are none. */
  take(): MetricChunk | null;
  /** Number of epochs recorded so far, including those before `skip`. */
  readonly epoch: number;
  /** Marks the last epoch as the one whose weights the model will have, unless a later one is marked. */
  keep(): void;
  /** The epoch that was kept; null if none was, and the model has the weights of the last one. */
  readonly kept: NumberedEpoch | null;
  /** Returns the metrics of a current run, whose best epoch is the lowest; null before the first epoch. */
  metrics(): JobMetrics | null;
  /** Returns the metrics of a finished run, whose best epoch is the one with the model's weights; null before the first epoch. */
  finished(): JobMetrics | null;
  /** Whether the last epoch is the lowest. */
  isLowest(): boolean;
}

/** The state that a recorder resumes from. */
export interface RecorderStart {
  readonly epoch: number;
  readonly metrics: JobMetrics | null;
  readonly kept: NumberedEpoch | null;
}

/**
 * Creates a recorder of `series` that reports the epochs after `skip`; an earlier attempt has reported the others. The lowest
 * epoch has the smallest value of `monitor`. `start` is the state of the checkpoint that the run resumes from.
 */
export function createRecorder(
  series: readonly Series[],
  monitor: Series,
  skip: number,
  report: (chunk: MetricChunk) => void,
  start: RecorderStart = { epoch: 0, metrics: null, kept: null },
): Recorder {
  let room = FIRST_EPOCHS;
  let columns = series.map(() => new Float64Array(room));
  const monitorAt = series.indexOf(monitor);
  const { final, best } = start.metrics ?? { final: null, best: null };
  // Rows of values in the order of `series`: of the last epoch and of the lowest.
  const lastRow = Float64Array.from(series, (name) => final?.[name] ?? Number.NaN);
  const lowestRow = Float64Array.from(series, (name) => best?.[name] ?? Number.NaN);
  let lowestEpoch = best?.epoch ?? 0;
  let { epoch } = start;
  let count = 0;
  let lastFlush = performance.now();
  let { kept } = start;

  const valuesOf = (row: Float64Array) => Object.fromEntries(series.map((name, at) => [name, row[at] as number]));
  const lowest = () => ({ epoch: lowestEpoch, ...valuesOf(lowestRow) });

  const take = (): MetricChunk | null => {
    if (count === 0) return null;
    const values = Object.fromEntries(
      series.map((name, index) => [name, (columns[index] as Float64Array<ArrayBuffer>).slice(0, count)]),
    );
    const chunk = { from: epoch - count + 1, to: epoch, series: values };
    count = 0;
    return chunk;
  };

  const flush = (force: boolean) => {
    const now = performance.now();
    if (!force && count < CHUNK_EPOCHS && now - lastFlush < CHUNK_INTERVAL_MS) return;
    const chunk = take();
    if (!chunk) return;
    report(chunk);
    lastFlush = now;
  };

  const makeRoom = (epochs: number): void => {
    if (epochs <= room) return;
    room = Math.min(CHUNK_EPOCHS, Math.max(epochs, 4 * room));
    columns = columns.map((column) => {
      const larger = new Float64Array(room);
      larger.set(column.subarray(0, count));
      return larger;
    });
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
      let lowestIndex = -1;
      let least = lowestRow[monitorAt] as number;
      for (let index = 0; index < recorded; index++) {
        const value = monitored[index] as number;
        // Any number is better than NaN in the first epoch.
        if (lowestEpoch > 0 && !(value < least) && !Number.isNaN(least)) continue;
        least = value;
        lowestIndex = index;
        lowestEpoch = epoch + index + 1;
      }
      if (lowestIndex >= 0) copyRow(lowestRow, lowestIndex);
      copyRow(lastRow, recorded - 1);
      // Epochs that an earlier attempt reported.
      let index = Math.min(recorded, Math.max(0, skip - epoch));
      epoch += index;
      while (index < recorded) {
        const taken = Math.min(recorded - index, CHUNK_EPOCHS - count);
        makeRoom(count + taken);
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
    take,
    keep() {
      kept = { epoch, ...valuesOf(lastRow) };
    },
    get kept() {
      return kept;
    },
    metrics: () => (lowestEpoch > 0 ? { final: valuesOf(lastRow), best: lowest() } : null),
    finished: () =>
      lowestEpoch > 0 ? { final: valuesOf(lastRow), best: kept ?? { epoch, ...valuesOf(lastRow) }, lowest: lowest() } : null,
    isLowest: () => lowestEpoch === epoch,
  };
}
