/** What a job that trains has come to so far: its last and its best epoch, kept up to date chunk by chunk. Pure. */
import type { JobMetrics, NumberedEpoch } from "../jobs/job.ts";
import { entriesOf, type MetricChunk, type Series } from "./metric.ts";

/** The metrics of a job, after a chunk that follows those they were made of. The best epoch is that of the least `val_loss`, else `loss`. */
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

/** The values of an epoch of a chunk, with its number. */
export function valuesOfEpoch(chunk: MetricChunk, epoch: number): NumberedEpoch {
  return { ...valuesAt(chunk, epoch - chunk.from), epoch };
}

/** The first row of the least number; the last row when there is no number. */
function leastRow(column: Float64Array | undefined): number {
  let least = Number.NaN;
  let found = 0;
  for (let row = 0; row < (column?.length ?? 0); row++) {
    const value = column?.[row] as number;
    // Written so that any number is less than none.
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
