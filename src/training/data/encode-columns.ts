/**
 * Converts whole columns to features. Gives the bits that encoding.ts gives for each cell, some ten times faster: results that depend on a
 * cell alone are looked up in tables that encoding.ts has filled. On a million rows of 20 columns that saves seconds of a start.
 */
import { binEdges, hasValue, isCyclic, type TextColumn, type ValueColumn } from "../../domain/datasets/preprocessing.ts";
import { encodeNumber, encodePart, encodeValue } from "./encoding.ts";
import { createTextEncoder } from "./text/text-features.ts";

/** Encodes rows `from`..`to` of `rows` of a column, each at `offset` in its row of `stride` features. `out` is zero there. */
export type ColumnEncoder = (
  rows: Int32Array,
  from: number,
  to: number,
  out: Float32Array,
  offset: number,
  stride: number,
) => void;

/**
 * An encoder of a column's values: numbers, milliseconds, or codes of the data set. `places` has the fitted category index of each code, -1
 * for none; null if the column has no categories.
 */
export function columnEncoder(
  encoded: ValueColumn,
  values: ArrayLike<number>,
  places: readonly number[] | null,
): ColumnEncoder {
  switch (encoded.kind) {
    case "numeric":
      return numericEncoder(encoded, values);
    case "datetime":
      return datetimeEncoder(encoded, values);
    case "category":
      return categoryEncoder(encoded, values, places ?? []);
  }
}

/** An encoder of a column of texts, given by row. */
export function textColumnEncoder(encoded: TextColumn, textAt: (row: number) => string): ColumnEncoder {
  const encode = createTextEncoder(encoded);
  return (rows, from, to, out, offset, stride) => {
    for (let index = from; index < to; index++) encode(textAt(rows[index] as number), out, index * stride + offset);
  };
}

function numericEncoder(encoded: Extract<ValueColumn, { kind: "numeric" }>, values: ArrayLike<number>): ColumnEncoder {
  if (encoded.clip || binEdges(encoded).length > 0 || !hasValue(encoded))
    return (rows, from, to, out, offset, stride) => {
      for (let index = from; index < to; index++)
        encodeNumber(encoded, values[rows[index] as number] as number, out, index * stride + offset);
    };
  const { fill, scaling, indicator } = encoded;
  const { offset: shift, scale } = scaling ?? { offset: 0, scale: 1 };
  return (rows, from, to, out, offset, stride) => {
    for (let index = from; index < to; index++) {
      const value = values[rows[index] as number] as number;
      const isMissing = Number.isNaN(value);
      const at = index * stride + offset;
      const given = isMissing ? fill : value;
      out[at] = scaling ? (given - shift) / scale : given;
      if (indicator && isMissing) out[at + 1] = 1;
    }
  };
}

/** The features of each code are computed once; code -1 is a missing value. */
function categoryEncoder(
  encoded: Extract<ValueColumn, { kind: "category" }>,
  values: ArrayLike<number>,
  places: readonly number[],
): ColumnEncoder {
  const position = { ...encoded, encode: "ordinal" as const };
  const cell = new Float32Array(1);
  const positionOf = Int32Array.from([Number.NaN, ...places], (place) => {
    encodeValue(position, place, cell, 0);
    return cell[0] as number;
  });
  const missing = positionOf[0] as number;
  const isOneHot = encoded.encode === "one_hot";
  return (rows, from, to, out, offset, stride) => {
    for (let index = from; index < to; index++) {
      const place = positionOf[(values[rows[index] as number] as number) + 1] ?? missing;
      const at = index * stride + offset;
      if (isOneHot) out[at + place] = 1;
      else out[at] = place;
    }
  };
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** Number of days whose features are kept: some centuries. */
const MAX_DAYS = 100_000;
/** The range of JavaScript's dates; beyond it, values are not dates. */
const MAX_TIME_MS = 8.64e15;

/** A table of the values of a part of a datetime: by the day, or by the minute of the day. */
function tableOf(keyOf: (at: number) => number, encode: (at: number, out: Float32Array) => void, width: number) {
  const known = new Map<number, Float32Array>();
  return (at: number): Float32Array => {
    const key = keyOf(at);
    const found = known.get(key);
    if (found) return found;
    const features = new Float32Array(width);
    encode(at, features);
    if (known.size >= MAX_DAYS) known.clear();
    known.set(key, features);
    return features;
  };
}

function datetimeEncoder(encoded: Extract<ValueColumn, { kind: "datetime" }>, values: ArrayLike<number>): ColumnEncoder {
  const { parts, fill, indicator } = encoded;
  let width = 0;
  const writers = parts.map((feature) => {
    const { part } = feature;
    const place = width;
    const partWidth = isCyclic(part) ? 2 : 1;
    width += partWidth;
    const encode = (at: number, out: Float32Array) => void encodePart(feature, at, out, 0);
    const day = (at: number) => Math.floor(Math.trunc(at) / DAY_MS);
    const minute = (at: number) => Math.floor((Math.trunc(at) - day(at) * DAY_MS) / MINUTE_MS);
    const features = part === "timestamp" || part === "age" ? null : tableOf(part === "hour" ? minute : day, encode, partWidth);
    return (at: number, out: Float32Array, offset: number): void => {
      if (features === null || Math.abs(at) > MAX_TIME_MS) encodePart(feature, at, out, offset + place);
      else out.set(features(at), offset + place);
    };
  });
  return (rows, from, to, out, offset, stride) => {
    for (let index = from; index < to; index++) {
      const value = values[rows[index] as number] as number;
      const isMissing = Number.isNaN(value);
      const at = index * stride + offset;
      for (const write of writers) write(isMissing ? fill : value, out, at);
      if (indicator && isMissing) out[at + width] = 1;
    }
  };
}
