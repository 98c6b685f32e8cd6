/** Metrics as CSV (RFC 4180): an epoch a line, a series a column, numbers as JavaScript writes them, which round-trips. */
import { entriesOf, type MetricChunk } from "../../domain/metrics/metric.ts";

export const CSV_TYPE = "text/csv";

/** The line of names above the epochs of a chunk, or of none. */
export function metricsCsvHead(chunk?: MetricChunk): string {
  return `${["epoch", ...(chunk ? entriesOf(chunk) : []).map(([name]) => name)].join(",")}\r\n`;
}

/** The lines of a chunk's epochs from `from` to `to`. NaN and the infinities are `NaN`, `Infinity` and `-Infinity`. */
export function metricsCsvLines(chunk: MetricChunk, from: number, to: number): string {
  const columns = entriesOf(chunk).map(([, column]) => column);
  let lines = "";
  for (let epoch = Math.max(from, chunk.from); epoch <= Math.min(to, chunk.to); epoch++) {
    lines += epoch;
    for (const column of columns) lines += `,${column[epoch - chunk.from]}`;
    lines += "\r\n";
  }
  return lines;
}
