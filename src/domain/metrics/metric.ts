/**
 * Metrics: columns of float64 with one value per epoch, in chunks of consecutive epochs. A small network trains tens of
 * thousands of epochs per second, so an epoch is never an object.
 */

/**
 * All columns, in display order; a job has those that apply to it. Validation columns start with val_. Stored chunks refer to
 * positions in this list, so it is append-only.
 */
export const SERIES = [
  "loss",
  "accuracy",
  "mae",
  "r2",
  "val_loss",
  "val_accuracy",
  "val_mae",
  "val_r2",
  "lr",
  "grad_norm",
  "epoch_ms",
  "balanced_accuracy",
  "precision",
  "recall",
  "f1",
  "rmse",
  "mape",
  "val_balanced_accuracy",
  "val_precision",
  "val_recall",
  "val_f1",
  "val_rmse",
  "val_mape",
  "log_loss",
  "mcc",
  "val_log_loss",
  "val_mcc",
  "val_roc_auc",
  "val_pr_auc",
] as const;
export type Series = (typeof SERIES)[number];

/** Epochs `from`..`to`, inclusive, counted from 1; every column has `to - from + 1` values. */
export interface MetricChunk {
  readonly from: number;
  readonly to: number;
  readonly series: Readonly<Partial<Record<Series, Float64Array<ArrayBuffer>>>>;
  /** The number of optimiser steps in these epochs; not stored. */
  readonly steps?: number;
}

/** A number in JSON, which has no NaN or infinities: they are encoded as these strings, which `Number` parses. */
export type WireNumber = number | "NaN" | "Infinity" | "-Infinity";

/** Converts a number to its wire format: NaN and infinities become strings. */
export function toWire(value: number): WireNumber {
  return Number.isFinite(value) ? value : (String(value) as WireNumber);
}

/** The wire format of a chunk's columns. */
export interface WireColumns {
  readonly epochs: number[];
  readonly series: Partial<Record<Series, WireNumber[]>>;
}

/** Concatenates the points of a range of epochs and of a later range. NaN where one of them does not have a column. */
export function joinWireColumns(earlier: WireColumns, later: WireColumns): WireColumns {
  const columnOf = ({ epochs, series }: WireColumns, name: Series) => series[name] ?? epochs.map(() => "NaN" as const);
  const names = SERIES.filter((name) => earlier.series[name] ?? later.series[name]);
  return {
    epochs: [...earlier.epochs, ...later.epochs],
    series: Object.fromEntries(names.map((name) => [name, [...columnOf(earlier, name), ...columnOf(later, name)]])),
  };
}

/** Returns the columns of a chunk in the wire format. */
export function wireColumns(chunk: MetricChunk): WireColumns {
  const epochs = Array.from({ length: chunk.to - chunk.from + 1 }, (_, index) => chunk.from + index);
  const series: WireColumns["series"] = {};
  for (const [name, column] of entriesOf(chunk)) series[name] = Array.from(column, toWire);
  return { epochs, series };
}

/** Returns the columns of a chunk, in the order of SERIES. */
export function entriesOf(chunk: MetricChunk): [Series, Float64Array<ArrayBuffer>][] {
  return SERIES.flatMap((name) => {
    const column = chunk.series[name];
    return column ? [[name, column] as [Series, Float64Array<ArrayBuffer>]] : [];
  });
}

/**
 * Encodes a chunk in the binary format of the store: a byte with the number of columns and a byte per column that indexes
 * SERIES, padded to 8 bytes, then the columns as little-endian float64.
 */
export function encodeChunk(chunk: MetricChunk): Uint8Array<ArrayBuffer> {
  const columns = entriesOf(chunk);
  const header = headerBytes(columns.length);
  const count = chunk.to - chunk.from + 1;
  const bytes = new Uint8Array(header + columns.length * count * 8);
  bytes[0] = columns.length;
  columns.forEach(([name, column], index) => {
    bytes[index + 1] = SERIES.indexOf(name);
    bytes.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), header + index * count * 8);
  });
  return bytes;
}

/** Decodes a chunk of epochs `from`..`to` that `encodeChunk` encoded. */
export function decodeChunk(from: number, to: number, bytes: Uint8Array): MetricChunk {
  const columns = bytes[0] ?? 0;
  const header = headerBytes(columns);
  const count = to - from + 1;
  const values = new Float64Array(bytes.slice(header, header + columns * count * 8).buffer);
  const series: Partial<Record<Series, Float64Array<ArrayBuffer>>> = {};
  for (let index = 0; index < columns; index++) {
    const name = SERIES[bytes[index + 1] ?? 0] as Series;
    series[name] = values.subarray(index * count, (index + 1) * count);
  }
  return { from, to, series };
}

const headerBytes = (columns: number) => Math.ceil((columns + 1) / 8) * 8;
