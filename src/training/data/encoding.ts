/**
 * Values of raw columns to features, one cell at a time: the same code for a column in training and for a row at prediction.
 * Knows fitted columns; fits nothing.
 */
import {
  type DatetimePart,
  type EncodedColumn,
  featureNames,
  isCyclic,
  type Scaling,
} from "../../domain/datasets/preprocessing.ts";
import { deterministicMath } from "../../engine/index.ts";

/**
 * Writes the features of one value at `offset` of `out` and returns the offset after them. The value is a number (for a
 * datetime, milliseconds), or a position in the fitted categories; NaN stands for missing, and -1 for an unknown category.
 */
export function encodeValue(encoded: EncodedColumn, value: number, out: Float32Array, offset: number): number {
  switch (encoded.kind) {
    case "numeric":
      out[offset] = scaled(Number.isNaN(value) ? encoded.fill : value, encoded.scaling);
      return encodeIndicator(encoded.indicator, value, out, offset + 1);
    case "datetime": {
      const at = Number.isNaN(value) ? encoded.fill : value;
      let next = offset;
      for (const { part, scaling } of encoded.parts) next = encodePart(part, at, scaling, out, next);
      return encodeIndicator(encoded.indicator, value, out, next);
    }
    case "category":
      return encodeCategory(encoded, value, out, offset);
  }
}

function encodeIndicator(wanted: boolean, value: number, out: Float32Array, offset: number): number {
  if (!wanted) return offset;
  out[offset] = Number.isNaN(value) ? 1 : 0;
  return offset + 1;
}

function encodeCategory(
  encoded: Extract<EncodedColumn, { kind: "category" }>,
  value: number,
  out: Float32Array,
  offset: number,
): number {
  const other = encoded.categories.length;
  const filled = Number.isNaN(value) && encoded.fill !== null ? encoded.categories.indexOf(encoded.fill) : value;
  const position = filled >= 0 ? filled : other;
  if (encoded.encode !== "one_hot") {
    out[offset] = position;
    return offset + 1;
  }
  out.fill(0, offset, offset + other + 1);
  out[offset + position] = 1;
  return offset + other + 1;
}

/** Writes the features of one part of a datetime and returns the offset after them. */
export function encodePart(part: DatetimePart, at: number, scaling: Scaling | null, out: Float32Array, offset: number): number {
  const value = datetimePart(part, at);
  if (!isCyclic(part)) {
    out[offset] = scaled(value, scaling);
    return offset + 1;
  }
  const angle = 2 * Math.PI * value;
  out[offset] = deterministicMath.sin(angle);
  out[offset + 1] = deterministicMath.cos(angle);
  return offset + 2;
}

/** A part of a datetime in UTC: seconds and years as such, the others as a share of their cycle, from 0 up to 1. */
export function datetimePart(part: DatetimePart, at: number): number {
  if (part === "timestamp") return at / 1000;
  const date = new Date(at);
  const month = date.getUTCMonth();
  switch (part) {
    case "year":
      return date.getUTCFullYear();
    case "month":
      return month / 12;
    case "day":
      return (date.getUTCDate() - 1) / new Date(Date.UTC(date.getUTCFullYear(), month + 1, 0)).getUTCDate();
    case "weekday":
      return date.getUTCDay() / 7;
    case "hour":
      return (date.getUTCHours() + date.getUTCMinutes() / 60) / 24;
  }
}

function scaled(value: number, scaling: Scaling | null): number {
  return scaling ? (value - scaling.offset) / scaling.scale : value;
}

/** Features of all columns: where each begins, and how many there are. */
export function layoutOf(columns: readonly EncodedColumn[]): { readonly offsets: readonly number[]; readonly width: number } {
  let width = 0;
  const offsets = columns.map((column) => {
    const offset = width;
    width += featureNames(column).length;
    return offset;
  });
  return { offsets, width };
}
