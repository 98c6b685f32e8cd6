/**
 * The paired bootstrap of two models on the same rows: which is better, and how sure that is. Rows are drawn with replacement, and both
 * models are scored on the same draw, to the first order in the influences of its rows.
 */
import type { TargetScaling } from "../../domain/datasets/preprocessing.ts";
import { LEVEL } from "../../domain/models/intervals.ts";
import { COMPARED_FIGURES, FALLING_FIGURES, type ScoreComparison } from "../../domain/models/score-comparison.ts";
import { createRandom, streamKey } from "../../engine/index.ts";
import type { Predicted } from "../evaluate/evaluate.ts";
import type { Influence } from "./influence.ts";
import { classInfluences, type Influences, valueInfluences } from "./influences.ts";

const DRAWS = 2000;
/** Most rows that are drawn one by one; of more, blocks of them are, dealt out in turn. */
const MOST_BLOCKS = 1000;

/** What a model came to on rows. */
export interface PairedSide {
  readonly predicted: Predicted;
  readonly scalings: readonly (TargetScaling | null)[];
}

/** Compares the figures of two models, both predicting the same rows of the same classes (none for a regression). */
export function pairFigures(a: PairedSide, b: PairedSide, classes: number): ScoreComparison["figures"] {
  const of = ({ predicted, scalings }: PairedSide): Influences =>
    classes > 0 ? classInfluences(predicted, classes) : valueInfluences(predicted, scalings);
  const [influencesA, influencesB] = [of(a), of(b)];
  const draws = drawBlocks(Math.min(MOST_BLOCKS, a.predicted.rows));
  return COMPARED_FIGURES.flatMap((figure) => {
    const [ofA, ofB] = [influencesA[figure]?.(), influencesB[figure]?.()];
    return ofA && ofB ? [{ figure, ...pair(ofA, ofB, draws, FALLING_FIGURES.has(figure)) }] : [];
  });
}

/** [DRAWS, blocks]: the blocks of each draw. The same for all figures, and in every comparison of as many rows. */
function drawBlocks(blocks: number): Int32Array {
  const random = createRandom(streamKey(0, "certainty/paired"));
  return Int32Array.from({ length: DRAWS * blocks }, () => random.integer(blocks));
}

function pair(a: Influence, b: Influence, draws: Int32Array, isFalling: boolean) {
  const blocks = draws.length / DRAWS;
  const { length } = a.rows;
  const sums = new Float64Array(blocks);
  for (let row = 0; row < length; row++) sums[row % blocks]! += ((b.rows[row] as number) - (a.rows[row] as number)) / length;
  const difference = b.value - a.value;
  const drawn = new Float64Array(DRAWS);
  let better = 0;
  for (let draw = 0; draw < DRAWS; draw++) {
    let moved = 0;
    for (let at = draw * blocks; at < (draw + 1) * blocks; at++) moved += sums[draws[at] as number] as number;
    // What is left of a tie is rounding.
    const value = Math.abs(difference + moved) < 1e-12 ? 0 : difference + moved;
    drawn[draw] = value;
    better += value === 0 ? 0.5 : value < 0 === !isFalling ? 1 : 0;
  }
  drawn.sort();
  const at = (share: number) => drawn[Math.round(share * (DRAWS - 1))] as number;
  const tail = (1 - LEVEL) / 2;
  return { a: a.value, b: b.value, difference, from: at(tail), to: at(1 - tail), p_a_better: better / DRAWS };
}
