/** Converts the rows of a prediction request to the network's features, or reports which values are invalid. */

import { createTextReader, createValueReader, fitsFloat32, NOT_A_TEXT } from "../../domain/datasets/column-reader.ts";
import { type EncodedColumn, ignoredNames, type Preprocessing, strangerDetail } from "../../domain/datasets/preprocessing.ts";
import { type FieldError, pointerOf } from "../../domain/errors.ts";
import type { Model } from "../../domain/models/model.ts";
import { boundsOf } from "../../domain/models/remarks.ts";
import type { RowValues } from "../../domain/monitoring/tally.ts";
import { MAX_FIELD_ERRORS } from "../../domain/spec/spec-errors.ts";
import { encodeValue, layoutOf } from "../data/encoding.ts";
import { createTextEncoder } from "../data/text/text-features.ts";

/** Writes the features of one row at an offset, or returns its error: the path within the row, and why. */
export type RowReader = (row: unknown, out: Float32Array, offset: number) => RowError | null;

interface RowError {
  readonly path: readonly PropertyKey[];
  readonly detail: string;
}

/** Called with each value that is valid but odd: its column, the offset of its row in the features, and the raw value. */
type OnOdd = (column: number, offset: number, raw: unknown) => void;

/**
 * Creates the reader of a model's rows: numbers, or raw columns by position or by name. `onOdd` is called for raw columns only. `seen`
 * receives the values of rows without errors: NaN if one is missing, for a label its index, and for a text its length.
 */
export function createRowReader(
  { preprocessing, inputWidth }: Pick<Model, "preprocessing" | "inputWidth">,
  onOdd: OnOdd,
  seen: RowValues | null = null,
): RowReader {
  return preprocessing ? rawReader(preprocessing, onOdd, seen) : plainReader(inputWidth, seen);
}

/** Writes the features of rows to `out`, row-major. Returns errors with pointers under /instances; empty if there are none. */
export function readInstances(read: RowReader, instances: readonly unknown[], width: number, out: Float32Array): FieldError[] {
  const errors: FieldError[] = [];
  for (let row = 0; row < instances.length && errors.length < MAX_FIELD_ERRORS; row++) {
    const error = read(instances[row], out, row * width);
    if (error) errors.push({ pointer: pointerOf(["instances", row, ...error.path]), detail: error.detail });
  }
  return errors;
}

function plainReader(width: number, seen: RowValues | null): RowReader {
  return (row, out, offset) => {
    if (!Array.isArray(row)) return { path: [], detail: `must be an array of ${width} numbers` };
    if (row.length !== width) return { path: [], detail: `has ${row.length} values; the model takes ${width}` };
    // A whole number beyond 2^53 arrives as a bigint, and is valid like any other number.
    const numbers = row.map((value) => (typeof value === "bigint" ? Number(value) : value));
    const column = numbers.findIndex((value) => !fitsFloat32(value));
    if (column >= 0) return { path: [column], detail: "must be a finite number that fits float32" };
    out.set(numbers as number[], offset);
    // As training saw them: float32.
    if (seen) {
      for (let index = 0; index < seen.width; index++) seen.values[seen.at + index] = out[offset + index] as number;
      seen.next();
    }
    return null;
  };
}

function rawReader(preprocessing: Preprocessing, onOdd: OnOdd, seen: RowValues | null): RowReader {
  const { columns } = preprocessing;
  const { offsets } = layoutOf(columns);
  const names = columns.map(({ column }) => column);
  const known = new Set([...names, ...(ignoredNames(preprocessing) ?? [])]);
  const writers = columns.map(columnWriter);
  const bounds = columns.map(boundsOf);
  const lows = Float64Array.from(bounds, ({ low }) => low);
  const highs = Float64Array.from(bounds, ({ high }) => high);
  const seenWidth = seen?.width ?? 0;
  const seenValues = seen?.values ?? new Float64Array(0);
  let seenAt = 0;
  const write = (index: number, raw: unknown, key: PropertyKey, out: Float32Array, offset: number): RowError | null => {
    const value = (writers[index] as ColumnWriter)(raw, out, offset + (offsets[index] as number));
    if (typeof value === "string") return { path: [key], detail: value };
    if (value < (lows[index] as number) || value > (highs[index] as number)) onOdd(index, offset, raw);
    if (index < seenWidth) seenValues[seenAt + index] = value;
    return null;
  };
  const readRow: RowReader = (row, out, offset) => {
    if (Array.isArray(row)) {
      if (row.length !== names.length)
        return { path: [], detail: `has ${row.length} values; the model takes ${names.length}: ${names.join(", ")}` };
      return firstError(names, (index) => write(index, row[index], index, out, offset));
    }
    if (typeof row !== "object" || row === null)
      return { path: [], detail: `must be an object with ${names.join(", ")}, or an array of their values` };
    const stranger = Object.keys(row).find((key) => !known.has(key));
    if (stranger !== undefined) return { path: [stranger], detail: strangerDetail(stranger, preprocessing) };
    return firstError(names, (index) => {
      const name = names[index] as string;
      return write(index, Object.hasOwn(row, name) ? (row as Record<string, unknown>)[name] : null, name, out, offset);
    });
  };
  if (!seen) return readRow;
  return (row, out, offset) => {
    seenAt = seen.at;
    const error = readRow(row, out, offset);
    if (!error) seen.next();
    return error;
  };
}

/**
 * Writes the features of a raw value, and returns the value: for a text, its length, NaN if it is missing. Returns a sentence if it cannot
 * be read.
 */
type ColumnWriter = (raw: unknown, out: Float32Array, offset: number) => number | string;

function columnWriter(column: EncodedColumn): ColumnWriter {
  if (column.kind === "text") {
    const read = createTextReader(column);
    const encode = createTextEncoder(column);
    return (raw, out, offset) => {
      const text = read(raw);
      if (text === null) return NOT_A_TEXT;
      encode(text, out, offset);
      return textLength(text);
    };
  }
  const read = createValueReader(column);
  return (raw, out, offset) => {
    const value = read(raw);
    if (typeof value === "number") encodeValue(column, value, out, offset);
    return value;
  };
}

/** The monitored value of a text. */
export const textLength = (text: string): number => (text === "" ? Number.NaN : text.length);

function firstError(names: readonly string[], check: (index: number) => RowError | null): RowError | null {
  for (let index = 0; index < names.length; index++) {
    const error = check(index);
    if (error) return error;
  }
  return null;
}
