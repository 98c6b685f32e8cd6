/**
 * Adds the chance among seeds to the chance among rows. Trainings with other seeds are scored on the same rows. Their figures differ by
 * luck of the seed, and also by luck of these rows, because each training errs on its own rows. The two are separated as in an analysis of
 * variance of rows and seeds: by influences, which show how the rows of each training scatter and how those of their mean do.
 */
import type { Range } from "../../domain/models/intervals.ts";
import { FALLING_FIGURES } from "../../domain/models/score-comparison.ts";
import type { Influence } from "./influence.ts";
import { student } from "./intervals.ts";

/** Maximum blocks of rows whose influences are kept for a training. */
const MAX_BLOCKS = 100;

/** The number of blocks for this many rows. */
export const blockCount = (rows: number): number => Math.min(MAX_BLOCKS, rows);

/** What each of `count` blocks of rows adds to a figure; rows are dealt to blocks in turn. */
export function blocksOf({ rows }: Influence, count = blockCount(rows.length)): Float64Array {
  const blocks = new Float64Array(count);
  for (let row = 0; row < rows.length; row++) blocks[row % blocks.length]! += (rows[row] as number) / rows.length;
  return blocks;
}

/** A figure of a training: its value, and what each block of the rows adds to it. */
export interface ScoredSeed {
  readonly value: number;
  readonly blocks: ArrayLike<number>;
}

/** A figure of trainings with several seeds on the same rows. */
export interface Spread {
  readonly count: number;
  readonly mean: number;
  /** Spread of their figures on these rows. */
  readonly sd: number;
  /** Spread of their figures on all possible rows: the rest of `sd`. */
  readonly seedSd: number;
  /** What each block adds to the mean. */
  readonly blocks: Float64Array;
  /** The width of chance among rows for the mean, relative to a single training. */
  readonly rowShare: number;
}

/** The spread of these trainings; null for fewer than two. */
export function spreadOf(seeds: readonly ScoredSeed[]): Spread | null {
  const count = seeds.length;
  if (count < 2) return null;
  const mean = seeds.reduce((sum, { value }) => sum + value, 0) / count;
  const variance = seeds.reduce((sum, { value }) => sum + (value - mean) ** 2, 0) / (count - 1);
  const blocks = Float64Array.from({ length: seeds[0]?.blocks.length ?? 0 }, (_, block) =>
    seeds.reduce((sum, each) => sum + (each.blocks[block] as number) / count, 0),
  );
  const single = seeds.reduce((sum, each) => sum + squares(each.blocks) / count, 0);
  const ofMean = squares(blocks);
  // The blocks of one training around those of the mean: the mean keeps 1 / `count` of that scatter.
  const own = Math.max(0, ((single - ofMean) * count) / (count - 1));
  return {
    ...{ count, mean, sd: Math.sqrt(variance), blocks },
    seedSd: Math.sqrt(Math.max(0, variance - own)),
    rowShare: single > 0 ? Math.min(1, Math.sqrt(ofMean / single)) : 1,
  };
}

function squares(values: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += (values[at] as number) ** 2;
  return sum;
}

/** The bounds of figures that are not shares. */
const BOUNDS: Readonly<Record<string, Range>> = { r2: [Number.NEGATIVE_INFINITY, 1], mcc: [-1, 1] };

/**
 * Where the figure of a training with a new seed lies on fresh rows, from the interval over rows of the training with the figure `own`. The
 * distances to both ends are those of a sum of independent estimates (MOVER: Zou and Donner, "Construction of confidence limits about
 * effect measures", Statistics in Medicine 27, 2008): roots of sums of squares of the distance over rows and of Student's over seeds.
 */
export function intervalOverSeeds(figure: string, own: number, [low, high]: Range, spread: Spread): Range {
  const { mean, seedSd, rowShare, count } = spread;
  const ofSeed = student(count - 1) * seedSd * Math.sqrt(1 + 1 / count);
  const reach = (distance: number) => Math.sqrt((rowShare * distance) ** 2 + ofSeed * ofSeed);
  const [least, most] = BOUNDS[figure] ?? [0, FALLING_FIGURES.has(figure) ? Number.POSITIVE_INFINITY : 1];
  return [Math.max(least, mean - reach(own - low)), Math.min(most, mean + reach(high - own))];
}
