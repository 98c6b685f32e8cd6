/** Metrics of a running job: its last and best epoch, updated chunk by chunk. */
import type { JobMetrics, NumberedEpoch } from "../jobs/job.ts";
import { entriesOf, type MetricChunk, type Series } from "./metric.ts";

/** Updates a job's metrics with the next chunk. The best epoch has the smallest `val_loss`, or `loss` without validation. */
export function addChunk(known: JobMetrics | null, chunk: MetricChunk): JobMetrics {
  const monitor: Series = chunk.series.val_loss ? "val_loss" : "loss";
  const row = leastRow(chunk.series[monitor]);
  const before = known?.best[monitor];
  const isBetter = before === undefined || Number.isNaN(before) || (chunk.series[monitor]?.[row] as number) < before;
  return {
    final: valuesAt(chunk, chunk.to - chunk.from),
    best: known && !isBetter ? known.best : valuesOfEpoch(chunk, chunk.from + row),
  };
}

/** Returns the values of an epoch of a chunk, with its number. */
export function valuesOfEpoch(chunk: MetricChunk, epoch: number): NumberedEpoch {
  return { ...valuesAt(chunk, epoch - chunk.from), epoch };
}

/** Returns the first row with the minimum; the last row if all values are NaN. */
function leastRow(column: Float64Array | undefined): number {
  let least = Number.NaN;
  let found = 0;
  for (let row = 0; row < (column?.length ?? 0); row++) {
    const value = column?.[row] as number;
    // Any number is less than NaN.
    if (value < least || Number.isNaN(least)) {
      least = value;
      found = row;
    }
  }
  return found;
}

function valuesAt(chunk: MetricChunk, row: number): Partial<Record<Series, number>> {
  return Object.fromEntries(entriesOf(chunk).map(([name, column]) => [name, column[row] as number]));
}
