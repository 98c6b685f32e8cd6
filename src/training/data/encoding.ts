/**
 * Converts values of raw columns to features, one cell at a time: the same code for a column in training and for a row at prediction. Knows
 * fitted columns; fits nothing.
 */
import {
  binEdges,
  type DatetimeFeature,
  type DatetimePart,
  type EncodedColumn,
  featureNames,
  hasValue,
  isCyclic,
  type Scaling,
  type ValueColumn,
} from "../../domain/datasets/preprocessing.ts";
import { deterministicMath } from "../../engine/index.ts";

const DAY_MS = 86_400_000;

/**
 * Writes the features of one value at `offset` of `out` and returns the offset after them. The value is a number (for a
 * datetime, milliseconds), or a position in the fitted categories; NaN stands for missing, and -1 for an unknown category.
 */
export function encodeValue(encoded: ValueColumn, value: number, out: Float32Array, offset: number): number {
  switch (encoded.kind) {
    case "numeric":
      return encodeNumber(encoded, value, out, offset);
    case "datetime": {
      const at = Number.isNaN(value) ? encoded.fill : value;
      let next = offset;
      for (const part of encoded.parts) next = encodePart(part, at, out, next);
      return encodeIndicator(encoded.indicator, value, out, next);
    }
    case "category":
      return encodeCategory(encoded, value, out, offset);
  }
}

/** Writes the features of a number, and returns the offset after them. */
export function encodeNumber(
  encoded: Extract<ValueColumn, { kind: "numeric" }>,
  value: number,
  out: Float32Array,
  offset: number,
): number {
  const given = Number.isNaN(value) ? encoded.fill : value;
  let next = offset;
  if (hasValue(encoded)) out[next++] = clipped(scaled(given, encoded.scaling), encoded.clip);
  return encodeIndicator(encoded.indicator, value, out, encodeBins(binEdges(encoded), given, out, next));
}

/** RealMLP's smooth clipping (Holzmüller et al. 2024, "Better by default"): almost x near 0, and never beyond ±3. */
function clipped(x: number, clip: "smooth" | undefined): number {
  return clip === "smooth" ? x / Math.sqrt(1 + (x / 3) * (x / 3)) : x;
}

/** How far a value may lie beyond the first and the last edge, in widths of the bins there. */
const BEYOND = 1;

/**
 * A feature for each bin: the share of it that lies below the value. Gorishniy et al., "On embeddings for numerical features in tabular
 * deep learning", 2022, equation 1; unlike there, the outermost bins continue for the width of one bin instead of for ever.
 */
function encodeBins(edges: readonly number[], value: number, out: Float32Array, offset: number): number {
  const bins = edges.length - 1;
  for (let bin = 0; bin < bins; bin++) {
    const from = edges[bin] as number;
    const share = (value - from) / ((edges[bin + 1] as number) - from);
    const least = bin === 0 ? -BEYOND : 0;
    const most = bin === bins - 1 ? 1 + BEYOND : 1;
    out[offset + bin] = Math.min(most, Math.max(least, share));
  }
  return offset + Math.max(0, bins);
}

function encodeIndicator(wanted: boolean, value: number, out: Float32Array, offset: number): number {
  if (!wanted) return offset;
  out[offset] = Number.isNaN(value) ? 1 : 0;
  return offset + 1;
}

function encodeCategory(
  encoded: Extract<ValueColumn, { kind: "category" }>,
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
export function encodePart({ part, scaling, latest }: DatetimeFeature, at: number, out: Float32Array, offset: number): number {
  const value = datetimePart(part, at, latest);
  if (!isCyclic(part)) {
    out[offset] = scaled(value, scaling);
    return offset + 1;
  }
  const angle = 2 * Math.PI * value;
  out[offset] = deterministicMath.sin(angle);
  out[offset + 1] = deterministicMath.cos(angle);
  return offset + 2;
}

/**
 * A part of a datetime in UTC: seconds and years as they are, age as the days before `latest`, the others as a share of their cycle, from 0
 * up to 1. Weeks are those of ISO 8601, of which a year has at most 53.
 */
export function datetimePart(part: DatetimePart, at: number, latest = 0): number {
  if (part === "timestamp") return at / 1000;
  if (part === "age") return (latest - at) / DAY_MS;
  const date = new Date(at);
  const month = date.getUTCMonth();
  switch (part) {
    case "year":
      return date.getUTCFullYear();
    case "quarter":
      return Math.floor(month / 3) / 4;
    case "month":
      return month / 12;
    case "week":
      return isoWeek(at) / 53;
    case "day":
      return (date.getUTCDate() - 1) / new Date(Date.UTC(date.getUTCFullYear(), month + 1, 0)).getUTCDate();
    case "weekday":
      return date.getUTCDay() / 7;
    case "hour":
      return (date.getUTCHours() + date.getUTCMinutes() / 60) / 24;
  }
}

/** The ISO 8601 week, counted from 0: that of its Thursday, whose year it belongs to. */
function isoWeek(at: number): number {
  const day = Math.floor(at / DAY_MS);
  // 1970-01-01 was a Thursday: 3 days after a Monday.
  const thursday = day - ((((day + 3) % 7) + 7) % 7) + 3;
  const newYear = Date.UTC(new Date(thursday * DAY_MS).getUTCFullYear(), 0, 1) / DAY_MS;
  return Math.floor((thursday - newYear) / 7);
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
