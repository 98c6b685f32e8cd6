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
        ...pair(ofA.value, ofB.value, movedByRows(blocksOf(ofA, blocks), blocksOf(ofB, blocks), draws), isFalling),
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

/** [DRAWS]: by how much the difference b - a of each draw is another, by what each block adds to both. */
function movedByRows(a: ArrayLike<number>, b: ArrayLike<number>, draws: Int32Array): Float64Array {
  const blocks = draws.length / DRAWS;
  const sums = Float64Array.from({ length: blocks }, (_, block) => (b[block] as number) - (a[block] as number));
  return Float64Array.from({ length: DRAWS }, (_, draw) => {
    let moved = 0;
    for (let at = draw * blocks; at < (draw + 1) * blocks; at++) moved += sums[draws[at] as number] as number;
    return moved;
  });
}

function pair(a: number, b: number, moved: Float64Array, isFalling: boolean) {
  const difference = b - a;
  let better = 0;
  const drawn = moved.map((each) => {
    // What is left of a tie is rounding.
    const value = Math.abs(difference + each) < 1e-12 ? 0 : difference + each;
    better += value === 0 ? 0.5 : value < 0 === !isFalling ? 1 : 0;
    return value;
  });
  drawn.sort();
  const at = (share: number) => drawn[Math.round(share * (DRAWS - 1))] as number;
  const tail = (1 - LEVEL) / 2;
  return { a, b, difference, from: at(tail), to: at(1 - tail), p_a_better: better / DRAWS };
}

/** The same of the means over the seeds of each, whose draws are added to those of the rows. */
function pairSeeds(a: SeedFigure, b: SeedFigure, isFalling: boolean) {
  const byRows = movedByRows(a.blocks, b.blocks, drawBlocks(a.blocks.length));
  const [ofA, ofB] = [movedBySeeds(a, "a"), movedBySeeds(b, "b")];
  const moved = byRows.map((each, draw) => each + (ofB[draw] as number) - (ofA[draw] as number));
  return pair(a.mean, b.mean, moved, isFalling);
}

/**
 * [DRAWS]: by how much the mean of each draw of seeds is another. They are spread by what is owed to the seed alone, since rows are drawn
 * besides; draws of n values have a variance that is too small by (n - 1) / n, which counts of ten.
 */
function movedBySeeds({ values, mean, sd, seed_sd: seedSd }: SeedFigure, side: "a" | "b"): Float64Array {
  const random = createRandom(streamKey(0, `certainty/seeds/${side}`));
  const known = values.filter((value) => value !== null);
  const count = known.length;
  const scale = sd > 0 ? (seedSd / sd) * Math.sqrt(count / (count - 1)) : 0;
  return Float64Array.from({ length: DRAWS }, () => {
    let sum = 0;
    for (let draw = 0; draw < count; draw++) sum += (known[random.integer(count)] as number) - mean;
    return (scale * sum) / count;
  });
}
