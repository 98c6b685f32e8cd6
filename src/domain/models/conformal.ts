/**
 * The nonconformity scores of rows that a model's network has not seen, and which score belongs to a coverage. Intervals and sets are made
 * of them by conformal prediction (Vovk et al., Algorithmic Learning in a Random World, 2005; Angelopoulos and Bates, A Gentle Introduction
 * to Conformal Prediction, 2021).
 */
import { z } from "zod";

/** Maximum scores that a model stores for a column of answers: of more rows, every n-th. */
const MAX_SCORES = 400;

export const CONFORMAL_PARTS = ["out_of_fold", "validation", "test"] as const;

export const conformal = z
  .strictObject({
    part: z.enum(CONFORMAL_PARTS),
    rows: z.int().min(1),
    scores: z.array(z.array(z.number().nonnegative()).min(1).max(MAX_SCORES)).min(1).meta({
      description:
        "One list a target, or one for classes, in ascending order: of n rows, the scores of the ranks ceil(i n / k), i from 1 to k. The score of a value is its absolute error; that of a class, 1 minus its probability.",
    }),
  })
  .meta({ id: "Conformal", description: "The nonconformity scores of held-out rows, which intervals and sets are made of." });

export type Conformal = z.output<typeof conformal>;

/** The probability with which an interval or a set should hold the truth. */
export const interval = z.number().gt(0).lt(1);

/** The scores that a model stores, chosen from those of all held-out rows, in any order. Each is rounded up to seven digits. */
export function keptScores(scores: Float64Array): number[] {
  const sorted = scores.toSorted();
  const count = Math.min(sorted.length, MAX_SCORES);
  return Array.from({ length: count }, (_, index) => {
    const rank = Math.ceil(((index + 1) * sorted.length) / count);
    return roundedUp(sorted[rank - 1] as number);
  });
}

function roundedUp(value: number): number {
  const rounded = Number(value.toPrecision(7));
  return rounded >= value ? rounded : Number((value * (1 + 1e-6)).toPrecision(7));
}

/** The minimum number of held-out rows for a coverage: with fewer, no score is large enough. */
export const rowsFor = (coverage: number): number => Math.ceil(coverage / (1 - coverage) - 1e-9);

/**
 * The score that a new row does not exceed with probability `coverage`: that of the rank ceil((n + 1) coverage), or the next greater stored
 * one. `rows` must be at least rowsFor(coverage).
 */
export function scoreAt(scores: readonly number[], rows: number, coverage: number): number {
  const rank = Math.min(rows, Math.ceil((rows + 1) * coverage - 1e-9));
  return scores[Math.ceil((rank * scores.length) / rows) - 1] as number;
}
