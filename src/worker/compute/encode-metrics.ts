/** Encodes parts of a metrics file, by its format. Runs on any thread. */
import type { MetricChunk } from "../../domain/metrics/metric.ts";
import type { MetricsEncoding } from "../../domain/ports.ts";
import { metricsCsvHead, metricsCsvLines } from "../../formats/metrics/metrics-csv.ts";
import { encodeEvents, eventFileHead } from "../../formats/metrics/tensorboard.ts";
import { runningSpans, wallClock } from "../../formats/metrics/wall-time.ts";

const encoder = new TextEncoder();

/** Encodes consecutive chunks of a metrics file, with the head of the file if the encoding says that they are the first. */
export function encodeMetrics(chunks: readonly MetricChunk[], encoding: MetricsEncoding): Uint8Array<ArrayBuffer> {
  return encoding.format === "csv" ? encodeCsv(chunks, encoding) : encodeEventFile(chunks, encoding);
}

function encodeCsv(
  chunks: readonly MetricChunk[],
  { isFirst, from, to }: Extract<MetricsEncoding, { format: "csv" }>,
): Uint8Array<ArrayBuffer> {
  const head = isFirst ? metricsCsvHead(chunks[0]) : "";
  return encoder.encode(head + chunks.map((chunk) => metricsCsvLines(chunk, from, to)).join(""));
}

function encodeEventFile(
  chunks: readonly MetricChunk[],
  { isFirst, startedAtMs, changes, ranMs }: Extract<MetricsEncoding, { format: "tensorboard" }>,
): Uint8Array<ArrayBuffer> {
  const wallTimeMs = wallClock(runningSpans(changes, startedAtMs));
  const parts = isFirst ? [eventFileHead(wallTimeMs(0))] : [];
  let ran = ranMs;
  for (const chunk of chunks) {
    parts.push(encodeEvents(chunk, wallTimeMs, ran));
    ran += durationMs(chunk);
  }
  const bytes = new Uint8Array(parts.reduce((total, { length }) => total + length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

function durationMs({ series }: MetricChunk): number {
  return series.epoch_ms?.reduce((total, ms) => total + ms, 0) ?? 0;
}
