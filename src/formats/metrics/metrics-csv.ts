/** Metrics as CSV (RFC 4180): one line per epoch and one column per series. Numbers are in JavaScript's format, which round-trips. */
import { entriesOf, type MetricChunk } from "../../domain/metrics/metric.ts";

export const CSV_TYPE = "text/csv";

/** Returns the header line for the series of a chunk, or for no series. */
export function metricsCsvHead(chunk?: MetricChunk): string {
  return `${["epoch", ...(chunk ? entriesOf(chunk) : []).map(([name]) => name)].join(",")}\r\n`;
}

/** Returns the lines of a chunk's epochs `from`..`to`. NaN and infinities are written as `NaN`, `Infinity` and `-Infinity`. */
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
