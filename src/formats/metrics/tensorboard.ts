/**
 * TensorBoard event files: TFRecord frames around Event messages (tensorflow/core/util/event.proto, summary.proto). There is one
 * event per epoch, with every series as a scalar.
 */
import { entriesOf, type MetricChunk, type Series } from "../../domain/metrics/metric.ts";
import { double, type Encoded, float, integer, join, message, nested, string } from "../protobuf.ts";
import { frameRecords } from "./tf-record.ts";

const EVENT = { wallTime: 1, step: 2, fileVersion: 3, summary: 5 } as const;
const SUMMARY = { value: 1 } as const;
const VALUE = { tag: 1, simpleValue: 2 } as const;

const FLOAT_BYTES = 4;
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
  return frameRecords([join(message(double(EVENT.wallTime, startedAtMs / 1000), string(EVENT.fileVersion, "brain.Event:2")))]);
}

/**
 * Encodes the records of a chunk's epochs; the step of a record is its epoch. The job had trained for `ranMs` before the first of these
 * epochs; `wallTimeMs` converts such a duration to the time of day.
 */
export function encodeEvents(
  chunk: MetricChunk,
  wallTimeMs: (ranMs: number) => number,
  ranMs: number,
): Uint8Array<ArrayBuffer> {
  let ran = ranMs;
  return encodeScalars({
    epochs: Array.from({ length: chunk.to - chunk.from + 1 }, (_, row) => chunk.from + row),
    wallTimesMs: Array.from({ length: chunk.to - chunk.from + 1 }, (_, row) => {
      ran += chunk.series.epoch_ms?.[row] ?? 0;
      return wallTimeMs(ran);
    }),
    columns: entriesOf(chunk).map(([series, values]) => [scalarTag(series), values]),
  });
}

/** Scalars by epoch. Every list has a value for each epoch. */
export interface Scalars {
  readonly epochs: readonly number[];
  readonly wallTimesMs: readonly number[];
  /** By tag. */
  readonly columns: readonly (readonly [tag: string, values: ArrayLike<number>])[];
}

/** Encodes a record with every scalar for each epoch, which is its step. */
export function encodeScalars({ epochs, wallTimesMs, columns }: Scalars): Uint8Array<ArrayBuffer> {
  const summary = summaryTemplate(columns.map(([tag]) => tag));
  return frameRecords(
    epochs.map((epoch, row) => {
      columns.forEach(([, values], index) => {
        summary.view.setFloat32(summary.offsets[index] as number, values[row] as number, true);
      });
      const time = double(EVENT.wallTime, (wallTimesMs[row] as number) / 1000);
      // `join` copies the template's bytes before the next epoch overwrites its values.
      return join(message(time, integer(EVENT.step, epoch), summary.encoded));
    }),
  );
}

/** Encodes an event of step 0 whose summary is these values (summary.proto, `Summary.Value`). */
export function encodeSummary(wallTimeMs: number, values: readonly Encoded[]): Uint8Array<ArrayBuffer> {
  const summary = nested(EVENT.summary, message(...values.map((value) => nested(SUMMARY.value, value))));
  return frameRecords([join(message(double(EVENT.wallTime, wallTimeMs / 1000), summary))]);
}

/** The summary field of an event with all values 0, and the offsets of the values, the only bytes that differ between epochs. */
function summaryTemplate(tags: readonly string[]) {
  const values = tags.map((tag) => nested(SUMMARY.value, message(string(VALUE.tag, tag), float(VALUE.simpleValue, 0))));
  const bytes = join(nested(EVENT.summary, message(...values)));
  const offsets: number[] = [];
  let end = bytes.length;
  for (const { size } of values.toReversed()) {
    offsets.unshift(end - FLOAT_BYTES);
    end -= size;
  }
  return { encoded: { size: bytes.length, pieces: [bytes] }, view: new DataView(bytes.buffer), offsets };
}

/** The position of a reader of an event file: the step and the time of a record. */
export interface ReadPosition {
  readonly step: number;
  readonly wallTimeMs: number;
}

/** Reads the step and the time of a record that this module has written: they come first, the step only if it is not 0. */
export function readPosition(record: Uint8Array): ReadPosition {
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  const timeBytes = 9;
  const wallTimeMs = view.getFloat64(1, true) * 1000;
  if (record[timeBytes] !== EVENT.step * 8) return { step: 0, wallTimeMs };
  let step = 0;
  for (let at = timeBytes + 1, scale = 1; ; at++, scale *= 128) {
    const byte = view.getUint8(at);
    step += (byte & 0x7f) * scale;
    if (byte < 0x80) return { step, wallTimeMs };
  }
}
