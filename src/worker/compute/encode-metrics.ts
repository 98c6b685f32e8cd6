/** Stretches of a metrics file, by its format. The same on every thread. */
import type { MetricSlice } from "../../domain/metrics/metric.ts";
import type { MetricsEncoding } from "../../domain/ports.ts";
import { metricsCsvHead, metricsCsvLines } from "../../formats/metrics/metrics-csv.ts";
import { encodeEvents, eventFileHead } from "../../formats/metrics/tensorboard.ts";

const encoder = new TextEncoder();

/** The bytes of consecutive slices in a metrics file; with those that begin it, when the encoding says so. */
export function encodeMetrics(slices: readonly MetricSlice[], encoding: MetricsEncoding): Uint8Array<ArrayBuffer> {
  return encoding.format === "csv" ? encodeCsv(slices, encoding) : encodeEventFile(slices, encoding);
}

function encodeCsv(
  slices: readonly MetricSlice[],
  { isFirst, from, to }: Extract<MetricsEncoding, { format: "csv" }>,
): Uint8Array<ArrayBuffer> {
  const head = isFirst ? metricsCsvHead(slices[0]) : "";
  return encoder.encode(head + slices.map((slice) => metricsCsvLines(slice, from, to)).join(""));
}

function encodeEventFile(
  slices: readonly MetricSlice[],
  { isFirst, startedAtMs }: Extract<MetricsEncoding, { format: "tensorboard" }>,
): Uint8Array<ArrayBuffer> {
  const parts = isFirst ? [eventFileHead(startedAtMs)] : [];
  let at = startedAtMs;
  for (const slice of slices) {
    parts.push(encodeEvents(slice, at));
    at += durationMs(slice);
  }
  const bytes = new Uint8Array(parts.reduce((total, { length }) => total + length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

function durationMs({ series }: MetricSlice): number {
  return series.epoch_ms?.reduce((total, ms) => total + ms, 0) ?? 0;
}
