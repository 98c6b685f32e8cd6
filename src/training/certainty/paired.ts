/**
 * The paired bootstrap of two models on the same rows: which is better, and how sure that is. Rows are drawn with replacement, and both
 * models are scored on the same draw, to the first order in the influences of its rows. Where it is known what other seeds come to, those of
 * each model are drawn too: then the question is which spec is better, whatever its seed.
 */
import type { TargetScaling } from "../../domain/datasets/preprocessing.ts";
import type { SeedFigure, SeedSpread } from "../../domain/explanations/seeds.ts";
import { LEVEL } from "../../domain/models/intervals.ts";
import { COMPARED_FIGURES, FALLING_FIGURES, type ScoreComparison } from "../../domain/models/score-comparison.ts";
import { createRandom, streamKey } from "../../engine/index.ts";
import type { Predicted } from "../evaluate/evaluate.ts";
import { classInfluences, type Influences, valueInfluences } from "./influences.ts";
import { blocksOf } from "./over-seeds.ts";

const DRAWS = 2000;
/** Most rows that are drawn one by one; of more, blocks of them are, dealt out in turn. */
const MOST_BLOCKS = 1000;

/** What a model came to on rows, and what its spec came to on them with other seeds; null where that is not known. */
export interface PairedSide {
  readonly predicted: Predicted;
  readonly scalings: readonly (TargetScaling | null)[];
  readonly seeds?: Pick<SeedSpread, "figures"> | null;
}

/** Compares the figures of two models, both predicting the same rows of the same classes (none for a regression). */
export function pairFigures(a: PairedSide, b: PairedSide, classes: number): ScoreComparison["figures"] {
  const of = ({ predicted, scalings }: PairedSide): Influences =>
    classes > 0 ? classInfluences(predicted, classes) : valueInfluences(predicted, scalings);
  const [influencesA, influencesB] = [of(a), of(b)];
  const blocks = Math.min(MOST_BLOCKS, a.predicted.rows);
  const draws = drawBlocks(blocks);
  return COMPARED_FIGURES.flatMap((figure) => {
    const [ofA, ofB] = [influencesA[figure]?.(), influencesB[figure]?.()];
    if (!ofA || !ofB) return [];
    const isFalling = FALLING_FIGURES.has(figure);
    const [seedsA, seedsB] = [a, b].map(({ seeds }) => seeds?.figures.find((each) => each.figure === figure));
    return [
      {
        figure,
        ...pair(ofA.value, ofB.value, movedByRows(blocksOf(ofA, blocks), blocksOf(ofB, blocks), draws).moved, isFalling),
        ...(seedsA && seedsB && { over_seeds: pairSeeds(seedsA, seedsB, isFalling) }),
      },
    ];
  });
}

/** [DRAWS, blocks]: the blocks of each draw. The same for all figures, and in every comparison of as many rows. */
function drawBlocks(blocks: number): Int32Array {
  const random = createRandom(streamKey(0, "certainty/paired"));
  return Int32Array.from({ length: DRAWS * blocks }, () => random.integer(blocks));
}

/** What draws do to a figure. */
interface Moved {
  /** [DRAWS]: by how much it is another in each. */
  readonly moved: Float64Array;
  /** [DRAWS]: what each draw alone would take for its variance. */
  readonly variances: Float64Array;
  /** What all that was drawn from says of it. */
  readonly variance: number;
}

/** Draws `count` of some numbers each time, by their places, and adds them up: what they come to, times `scale`. */
function drawn(numbers: ArrayLike<number>, count: number, scale: number, placeOf: (at: number) => number): Moved {
  const [moved, variances] = [new Float64Array(DRAWS), new Float64Array(DRAWS)];
  const correction = (scale * scale * count) / (count - 1);
  for (let draw = 0; draw < DRAWS; draw++) {
    let [sum, squares] = [0, 0];
    for (let at = draw * count; at < (draw + 1) * count; at++) {
      const value = numbers[placeOf(at)] as number;
      sum += value;
      squares += value * value;
    }
    moved[draw] = scale * sum;
    variances[draw] = correction * Math.max(0, squares - (sum * sum) / count);
  }
  let [sum, squares] = [0, 0];
  for (let at = 0; at < count; at++) {
    sum += numbers[at] as number;
    squares += (numbers[at] as number) ** 2;
  }
  return { moved, variances, variance: correction * Math.max(0, squares - (sum * sum) / count) };
}

/** By how much the difference b - a of each draw is another, by what each block adds to both. */
function movedByRows(a: ArrayLike<number>, b: ArrayLike<number>, draws: Int32Array): Moved {
  const blocks = draws.length / DRAWS;
  const sums = Float64Array.from({ length: blocks }, (_, block) => (b[block] as number) - (a[block] as number));
  return drawn(sums, blocks, 1, (at) => draws[at] as number);
}

function pair(a: number, b: number, moved: Float64Array, isFalling: boolean) {
  const difference = b - a;
  let better = 0;
  const values = moved.map((each) => {
    // What is left of a tie is rounding.
    const value = Math.abs(difference + each) < 1e-12 ? 0 : difference + each;
    better += value === 0 ? 0.5 : value < 0 === !isFalling ? 1 : 0;
    return value;
  });
  values.sort();
  const at = (share: number) => values[Math.round(share * (DRAWS - 1))] as number;
  const tail = (1 - LEVEL) / 2;
  return { a, b, difference, from: at(tail), to: at(1 - tail), p_a_better: better / DRAWS };
}

/**
 * The same of the means over the seeds of each, whose draws are added to those of the rows. Losses are skewed and seeds are few, so that each
 * draw is measured by the error that it would itself be taken to have (the bootstrap-t: Efron and Tibshirani, 1993, 12.5).
 */
function pairSeeds(a: SeedFigure, b: SeedFigure, isFalling: boolean) {
  const rows = movedByRows(a.blocks, b.blocks, drawBlocks(a.blocks.length));
  const [ofA, ofB] = [movedBySeeds(a, "a"), movedBySeeds(b, "b")];
  const variance = rows.variance + ofA.variance + ofB.variance;
  const moved = rows.moved.map((byRows, draw) => {
    const sum = byRows + (ofB.moved[draw] as number) - (ofA.moved[draw] as number);
    const own = (rows.variances[draw] as number) + (ofA.variances[draw] as number) + (ofB.variances[draw] as number);
    // A draw of nearly the same each time knows nothing of its error.
    return -sum * Math.sqrt(variance / Math.max(own, LEAST_VARIANCE * variance, Number.MIN_VALUE));
  });
  return pair(a.mean, b.mean, moved, isFalling);
}

/** Least variance of a draw, of that of what it was drawn from. */
const LEAST_VARIANCE = 0.04;

/** By how much the mean of each draw of seeds is another. They are spread by what is owed to the seed alone, since rows are drawn besides. */
function movedBySeeds({ values, mean, sd, seed_sd: seedSd }: SeedFigure, side: "a" | "b"): Moved {
  const random = createRandom(streamKey(0, `certainty/seeds/${side}`));
  const distances = values.filter((value) => value !== null).map((value) => value - mean);
  const count = distances.length;
  return drawn(distances, count, sd > 0 ? seedSd / sd / count : 0, () => random.integer(count));
}
