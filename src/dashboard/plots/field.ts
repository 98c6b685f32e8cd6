/** A model's predictions over a plane of two features: the rows to predict, and the answers as planes of numbers. Pure. */
import type { PredictionAnswer } from "../../client/answers.ts";
import { type Domain, spaced } from "./scale.ts";

/** A cell of a row: number, label, datetime or missing. */
export type Cell = number | string | null;

/** A feature along an axis. */
export interface Axis {
  readonly name: string;
  /** Its index in a row. */
  readonly index: number;
  readonly domain: Domain;
}

/** Planes of `size` by `size` values; the first row is at the smallest y. */
export type Field =
  | { readonly kind: "value"; readonly size: number; readonly plane: Float64Array }
  | {
      readonly kind: "classes";
      readonly size: number;
      readonly labels: readonly string[];
      /**
       * Logarithms of the probabilities, a plane for each label. Between grid points they are nearly linear where probabilities are steps,
       * so boundaries are smooth.
       */
      readonly planes: readonly Float64Array[];
    };

/** Returns the rows of a grid: `base` with the two features at each grid point. */
export function gridRows(base: readonly Cell[], x: Axis, y: Axis, size: number): Cell[][] {
  const xs = spaced(x.domain, size);
  const ys = spaced(y.domain, size);
  return ys.flatMap((yValue) => xs.map((xValue) => rowWith(base, [x.index, xValue], [y.index, yValue])));
}

/** Returns `count` rows along one feature. */
export function lineRows(base: readonly Cell[], { index, domain }: Axis, count: number): Cell[][] {
  return spaced(domain, count).map((value) => rowWith(base, [index, value]));
}

function rowWith(base: readonly Cell[], ...changes: readonly (readonly [index: number, value: number])[]): Cell[] {
  const row = [...base];
  for (const [index, value] of changes) row[index] = value;
  return row;
}

/** Makes a field of answers in the order of `gridRows`. `output` chooses one of several targets; `labels` orders the classes. */
export function fieldOf(
  answers: readonly PredictionAnswer[],
  labels: readonly string[],
  size: number,
  output: number,
): Field | null {
  const [first] = answers;
  if (!first) return null;
  if ("value" in first) return { kind: "value", size, plane: valuesOf(answers, output) };
  const all = [...labels, ...Object.keys(first.probabilities).filter((label) => !labels.includes(label))];
  return { kind: "classes", size, labels: all, planes: all.map((label) => logsOf(answers, label)) };
}

/** The values of a regression. */
export function valuesOf(answers: readonly PredictionAnswer[], output: number): Float64Array {
  return Float64Array.from(answers, (answer) => {
    if (!("value" in answer)) return Number.NaN;
    return Number(Array.isArray(answer.value) ? answer.value[output] : answer.value);
  });
}

/** The probabilities of one class. */
export function probabilitiesOf(answers: readonly PredictionAnswer[], label: string): Float64Array {
  return Float64Array.from(answers, (answer) => ("probabilities" in answer ? (answer.probabilities[label] ?? 0) : Number.NaN));
}

/** Smaller probabilities count as this one. */
const MIN_PROBABILITY = 1e-7;

function logsOf(answers: readonly PredictionAnswer[], label: string): Float64Array {
  return probabilitiesOf(answers, label).map((probability) => Math.log(Math.max(MIN_PROBABILITY, probability)));
}

/** Returns the probabilities at a point between grid points, in the order of the labels. */
export function sharesAt({ planes, size }: Extract<Field, { kind: "classes" }>, u: number, v: number): number[] {
  const shares = planes.map((plane) => Math.exp(sample(plane, size, u, v)));
  const total = shares.reduce((sum, share) => sum + share, 0);
  return shares.map((share) => share / total);
}

/** Interpolates a plane bilinearly; `u` and `v` are in cells, 0..size-1. */
export function sample(plane: Float64Array, size: number, u: number, v: number): number {
  const left = Math.min(size - 2, Math.max(0, Math.floor(u)));
  const low = Math.min(size - 2, Math.max(0, Math.floor(v)));
  const [a, b] = [Math.min(1, Math.max(0, u - left)), Math.min(1, Math.max(0, v - low))];
  const at = low * size + left;
  const lower = (plane[at] as number) * (1 - a) + (plane[at + 1] as number) * a;
  const upper = (plane[at + size] as number) * (1 - a) + (plane[at + size + 1] as number) * a;
  return lower * (1 - b) + upper * b;
}

/** Returns how far a class is ahead of the best other one at each grid point: above 0 if it is predicted. */
export function leadOf(planes: readonly Float64Array[], index: number): Float64Array {
  const own = planes[index] as Float64Array;
  return own.map((log, cell) => {
    let best = Number.NEGATIVE_INFINITY;
    planes.forEach((plane, other) => {
      if (other !== index) best = Math.max(best, plane[cell] as number);
    });
    return log - best;
  });
}
