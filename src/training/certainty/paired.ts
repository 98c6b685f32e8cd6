/**
 * The paired bootstrap of two models on the same rows: which is better, and how certain that is. Rows are drawn with replacement, and both
 * models are scored on the same draw, to the first order in the influences of its rows. If results of other seeds are known, those of each
 * model are drawn too: then the question is which spec is better, whatever its seed.
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
/** Maximum rows drawn one by one; with more, blocks of them are drawn, dealt out in turn. */
const MAX_BLOCKS = 1000;

/** A model's results on rows, and its spec's results on them with other seeds; null if those are not known. */
export interface PairedSide {
  readonly predicted: Predicted;
  readonly scalings: readonly (TargetScaling | null)[];
  readonly seeds?: Pick<SeedSpread, "figures"> | null;
}

/** Compares the figures of two models that predict the same rows of the same classes (none for a regression). */
export function pairFigures(a: PairedSide, b: PairedSide, classes: number): ScoreComparison["figures"] {
  const of = ({ predicted, scalings }: PairedSide): Influences =>
    classes > 0 ? classInfluences(predicted, classes) : valueInfluences(predicted, scalings);
  const [influencesA, influencesB] = [of(a), of(b)];
  const blocks = Math.min(MAX_BLOCKS, a.predicted.rows);
  const draws = drawBlocks(blocks);
  return COMPARED_FIGURES.flatMap((figure) => {
    const [ofA, ofB] = [influencesA[figure]?.(), influencesB[figure]?.()];
    if (!ofA || !ofB) return [];
    const isFalling = FALLING_FIGURES.has(figure);
    const [seedsA, seedsB] = [a, b].map(({ seeds }) => seeds?.figures.find((each) => each.figure === figure));
    return [
      {
        figure,
        ...pair(
          ofA.value,
          ofB.value,
          drawnSums(differences(blocksOf(ofA, blocks), blocksOf(ofB, blocks), blocks), draws),
          isFalling,
        ),
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

/** What each block adds to the difference b - a, from what it adds to both. */
function differences(a: ArrayLike<number>, b: ArrayLike<number>, blocks: number): Float64Array {
  return Float64Array.from({ length: blocks }, (_, block) => (b[block] as number) - (a[block] as number));
}

/** [DRAWS]: the sum of the numbers at the indexes of each draw. */
function drawnSums(numbers: Float64Array, places: Int32Array): Float64Array {
  const count = numbers.length;
  const sums = new Float64Array(DRAWS);
  for (let draw = 0; draw < DRAWS; draw++) {
    let sum = 0;
    for (let at = draw * count; at < (draw + 1) * count; at++) sum += numbers[places[at] as number] as number;
    sums[draw] = sum;
  }
  return sums;
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
 * The same for the means over the seeds of each, whose draws are added to those of the rows. Losses are skewed and seeds are few, so each
 * draw is divided by the error that it would itself estimate (the bootstrap-t: Efron and Tibshirani, 1993, 12.5).
 */
function pairSeeds(a: SeedFigure, b: SeedFigure, isFalling: boolean) {
  const blocks = a.blocks.length;
  const rows = drawn(differences(a.blocks, b.blocks, blocks), drawBlocks(blocks));
  const [ofA, ofB] = [drawnSeeds(a, "a"), drawnSeeds(b, "b")];
  const variance = rows.variance + ofA.variance + ofB.variance;
  const moved = rows.moved.map((byRows, draw) => {
    const sum = byRows + (ofB.moved[draw] as number) - (ofA.moved[draw] as number);
    const own = (rows.variances[draw] as number) + (ofA.variances[draw] as number) + (ofB.variances[draw] as number);
    // A draw of nearly equal values does not know its own error.
    return own > 0 || variance > 0 ? -sum * Math.sqrt(variance / Math.max(own, MIN_VARIANCE * variance)) : 0;
  });
  return pair(a.mean, b.mean, moved, isFalling);
}

/** Minimum variance of a draw, relative to that of what it was drawn from. */
const MIN_VARIANCE = 0.04;

/** The results of draws of some numbers. */
interface Drawn {
  /** [DRAWS] */
  readonly moved: Float64Array;
  /** [DRAWS]: the variance that each draw alone would estimate. */
  readonly variances: Float64Array;
  /** The variance of what is drawn from. */
  readonly variance: number;
}

function drawn(numbers: Float64Array, places: Int32Array): Drawn {
  const count = numbers.length;
  const moved = drawnSums(numbers, places);
  const squares = numbers.map((each) => each * each);
  const varianceOf = (sum: number, ofSquares: number) => (Math.max(0, ofSquares - (sum * sum) / count) * count) / (count - 1);
  const total = (of: Float64Array) => of.reduce((sum, each) => sum + each, 0);
  return {
    moved,
    variances: drawnSums(squares, places).map((ofSquares, draw) => varianceOf(moved[draw] as number, ofSquares)),
    variance: varianceOf(total(numbers), total(squares)),
  };
}

/** How far the mean of each draw of seeds moves. Seeds are spread by their own luck alone, because rows are drawn separately. */
function drawnSeeds({ values, mean, sd, seed_sd: seedSd }: SeedFigure, side: "a" | "b"): Drawn {
  const random = createRandom(streamKey(0, `certainty/seeds/${side}`));
  const known = values.filter((value) => value !== null);
  const scale = sd > 0 ? seedSd / sd / known.length : 0;
  const places = Int32Array.from({ length: DRAWS * known.length }, () => random.integer(known.length));
  return drawn(
    Float64Array.from(known, (value) => scale * (value - mean)),
    places,
  );
}
