/** How many rows each training of a learning curve has, and which. Knows nothing of networks. */
import { MIN_CURVE_ROWS } from "../../domain/explanations/learning-curve.ts";
import { createRandom, streamKey } from "../../engine/index.ts";
import type { JobData } from "../data/data.ts";

/** A training of a curve. */
export interface CurveTraining {
  /** The index of its number of rows, and of the repeat with that many rows. */
  readonly size: number;
  readonly repeat: number;
  readonly rows: number;
}

/** The numbers of rows, ascending to all of them: at most `most`, each the next one divided by the root of 2, and none that is too small. */
export function curveSizes(rows: number, most: number): number[] {
  const sizes = Array.from({ length: most }, (_, place) => {
    // Every second one is an exact half of a half; the root of 2 is correctly rounded everywhere.
    const halves = rows / 2 ** Math.floor(place / 2);
    return Math.round(place % 2 === 0 ? halves : halves / Math.SQRT2);
  });
  return sizes.filter((size) => size >= MIN_CURVE_ROWS).reverse();
}

/** The trainings of a curve, in order: the model's own first, and larger ones before smaller ones, so that each size is compiled once. */
export function curveTrainings(sizes: readonly number[], repeats: number): CurveTraining[] {
  return sizes
    .map((rows, size) => Array.from({ length: repeats }, (_, repeat) => ({ size, repeat, rows })))
    .reverse()
    .flat();
}

const WORD = 2 ** 32;
const streamOf = (repeat: number) => `learning-curve/${repeat}`;

/** The seed of a repeat's initial weights and order of rows: the job's own first. */
export function repeatSeed(seed: number, repeat: number): number {
  if (repeat === 0) return seed;
  const [word] = streamKey(seed, streamOf(repeat));
  return ((word % WORD) + WORD) % WORD;
}

/**
 * Creates the function that returns the first `rows` of a repeat's order of the training rows, by their numbers in the data, ascending. If
 * the split keeps groups together, whole groups follow each other in that order, because new rows would be of new groups.
 */
export function createDraw({ parts, dealtBy }: Pick<JobData, "parts" | "dealtBy">, seed: number) {
  const { train } = parts;
  const { groups } = dealtBy;
  return (repeat: number, rows: number): Int32Array<ArrayBuffer> => {
    const order = createRandom(streamKey(seed, streamOf(repeat))).permutation(train.length);
    const drawn = groups ? groupsTogether(order, groups) : order;
    return Int32Array.from(drawn.subarray(0, rows), (place) => train[place] as number).sort();
  };
}

/** The positions of rows, group by group, in the order in which the groups come first. */
function groupsTogether(order: Int32Array, groups: ArrayLike<number>): Int32Array {
  const places = new Map<number, number[]>();
  for (const place of order) {
    const group = groups[place] as number;
    const own = places.get(group);
    if (own) own.push(place);
    else places.set(group, [place]);
  }
  return Int32Array.from([...places.values()].flat());
}
