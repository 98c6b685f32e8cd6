/** Metrics as CSV (RFC 4180): an epoch a line, a series a column, numbers as JavaScript writes them, which round-trips. */
import { entriesOf, type MetricSlice } from "../../domain/metrics/metric.ts";

export const CSV_TYPE = "text/csv";

/** The line of names above the epochs of a slice, or of none. */
export function metricsCsvHead(slice?: MetricSlice): string {
  return `${["epoch", ...(slice ? entriesOf(slice) : []).map(([name]) => name)].join(",")}\r\n`;
}

/** The lines of a slice's epochs from `from` to `to`. NaN and the infinities are `NaN`, `Infinity` and `-Infinity`. */
export function metricsCsvLines(slice: MetricSlice, from: number, to: number): string {
  const columns = entriesOf(slice).map(([, column]) => column);
  let lines = "";
  for (let epoch = Math.max(from, slice.from); epoch <= Math.min(to, slice.to); epoch++) {
    lines += epoch;
    for (const column of columns) lines += `,${column[epoch - slice.from]}`;
    lines += "\r\n";
  }
  return lines;
}
