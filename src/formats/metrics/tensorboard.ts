/**
 * TensorBoard event files: TFRecord frames (u64 length, masked CRC-32C of it, data, masked CRC-32C of that) around Event
 * messages (tensorflow/core/util/event.proto, summary.proto). There is one event per epoch, with every series as a scalar.
 */
import { entriesOf, type MetricChunk, type Series } from "../../domain/metrics/metric.ts";
import { double, float, integer, join, message, nested, string } from "../protobuf.ts";
import { maskedCrc32c } from "./crc32c.ts";

const EVENT = { wallTime: 1, step: 2, fileVersion: 3, summary: 5 } as const;
const SUMMARY = { value: 1 } as const;
const VALUE = { tag: 1, simpleValue: 2 } as const;

const FLOAT_BYTES = 4;
/** Bytes before the data: the u64 length and its checksum. */
const HEAD_BYTES = 12;
const TAIL_BYTES = 4;
/** Series of the run itself, which belong neither to the training part nor to the validation part. */
const OF_THE_RUN: readonly Series[] = ["lr", "grad_norm", "epoch_ms"];

/** Returns the name of an event file. TensorBoard recognises event files by "tfevents" in the name. */
export function eventFileName(jobId: string, startedAtMs: number): string {
  return `events.out.tfevents.${Math.floor(startedAtMs / 1000)}.${jobId}`;
}

/**
 * Returns the tag of a series: `Loss/train`, `Loss/validation`, or the plain name for series of the run.
 *
 * @internal Exported for a test of every kind of series.
 */
export function scalarTag(series: Series): string {
  if (OF_THE_RUN.includes(series)) return series;
  const metric = series.replace(/^val_/, "");
  return `${metric[0]?.toUpperCase()}${metric.slice(1)}/${metric === series ? "train" : "validation"}`;
}

/** Returns the first record of every event file. */
export function eventFileHead(startedAtMs: number): Uint8Array<ArrayBuffer> {
  const event = join(message(double(EVENT.wallTime, startedAtMs / 1000), string(EVENT.fileVersion, "brain.Event:2")));
  const record = new Uint8Array(HEAD_BYTES + event.length + TAIL_BYTES);
  frame(record, 0, event);
  return record;
}

/**
 * Encodes the records of a chunk's epochs; the step of a record is its epoch. The wall time of an epoch is `startedAtMs`, when
 * the first of these epochs started, plus the durations of the epochs up to it.
 */
export function encodeEvents(chunk: MetricChunk, startedAtMs: number): Uint8Array<ArrayBuffer> {
  const columns = entriesOf(chunk);
  const summary = summaryTemplate(columns.map(([series]) => series));
  const records: Uint8Array<ArrayBuffer>[] = [];
  let at = startedAtMs;
  for (let row = 0; row <= chunk.to - chunk.from; row++) {
    at += chunk.series.epoch_ms?.[row] ?? 0;
    columns.forEach(([, values], index) => {
      summary.view.setFloat32(summary.offsets[index] as number, values[row] as number, true);
    });
    records.push(join(message(double(EVENT.wallTime, at / 1000), integer(EVENT.step, chunk.from + row), summary.encoded)));
    // `join` copies the template's bytes before the next epoch overwrites its values.
  }
  return frameAll(records);
}

/** The summary field of an event with all values 0, and the offsets of the values, the only bytes that differ between epochs. */
function summaryTemplate(series: readonly Series[]) {
  const values = series.map((name) =>
    nested(SUMMARY.value, message(string(VALUE.tag, scalarTag(name)), float(VALUE.simpleValue, 0))),
  );
  const bytes = join(nested(EVENT.summary, message(...values)));
  const offsets: number[] = [];
  let end = bytes.length;
  for (const { size } of values.toReversed()) {
    offsets.unshift(end - FLOAT_BYTES);
    end -= size;
  }
  return { encoded: { size: bytes.length, pieces: [bytes] }, view: new DataView(bytes.buffer), offsets };
}

function frameAll(records: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const framed = new Uint8Array(records.reduce((total, { length }) => total + HEAD_BYTES + length + TAIL_BYTES, 0));
  let offset = 0;
  for (const record of records) offset = frame(framed, offset, record);
  return framed;
}

/** Writes one framed record and returns the offset of the next one. */
function frame(into: Uint8Array<ArrayBuffer>, offset: number, data: Uint8Array): number {
  const view = new DataView(into.buffer);
  const start = offset + HEAD_BYTES;
  const end = start + data.length;
  view.setBigUint64(offset, BigInt(data.length), true);
  view.setUint32(offset + 8, maskedCrc32c(into, offset, offset + 8), true);
  into.set(data, start);
  view.setUint32(end, maskedCrc32c(into, start, end), true);
  return end + TAIL_BYTES;
}
