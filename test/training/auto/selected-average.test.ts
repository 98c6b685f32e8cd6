import { describe, expect, it } from "vitest";
import { probabilitiesOf } from "../../../src/training/auto/objective.ts";
import type { SearchState } from "../../../src/training/auto/search-state.ts";
import { averageOfState, crossFittedOutputs } from "../../../src/training/auto/selected-average.ts";
import type { Search } from "../../../src/training/auto/trial-training.ts";
import { areasUnderCurves } from "../../../src/training/evaluate/roc.ts";

const ROWS = 200;

/** Numbers between 0 and 1 of a seed: mulberry32. */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A search whose candidates know nothing of the classes: logits and classes are drawn. */
function guesses(seed: number, folds: readonly number[]): { readonly search: Search; readonly state: SearchState } {
  const next = uniform(seed);
  const targets = Float32Array.from({ length: ROWS }, () => (next() < 0.5 ? 0 : 1));
  const networks = Array.from({ length: 30 }, (_, index) => ({
    trial: index + 1,
    outputs: Float32Array.from({ length: ROWS }, () => 2 * next() - 1),
    weights: [],
  }));
  const search = {
    spec: { task: "classification", model: { auto: { members: 8, metric: "roc_auc" } } },
    data: { preprocessing: null },
    candidates: networks.map(() => ({})),
    folds: folds.map((length) => ({ validation: new Int32Array(length) })),
    answers: { rows: ROWS, width: 1, targets, weights: null },
  } as unknown as Search;
  return { search, state: { trials: [], networks } };
}

const areaOf = (logits: Float32Array, { answers }: Search) =>
  areasUnderCurves(probabilitiesOf(logits, 1), (row) => answers.targets[row] === 1)?.roc ?? Number.NaN;

describe("outputs of rows that had no part in selecting the average", () => {
  it("show that candidates know nothing, where those of the rows that selected it show an area of .6 and more", () => {
    const seeds = Array.from({ length: 10 }, (_, seed) => seed);
    const mean = (areas: readonly number[]) => areas.reduce((sum, area) => sum + area, 0) / areas.length;
    const found = seeds.map((seed) => guesses(seed, [40, 40, 40, 40, 40]));
    const chosen = found.map(({ search, state }) =>
      areaOf(averageOfState(search, state)?.outputs ?? new Float32Array(), search),
    );
    const expected = found.map(({ search, state }) => areaOf(crossFittedOutputs(search, state), search));
    expect(mean(chosen)).toBeGreaterThan(0.6);
    // Of all rows a guess has half right, so one that does well on the other folds does a little worse on its own.
    expect(mean(expected)).toBeGreaterThan(0.45);
    expect(mean(expected)).toBeLessThan(0.51);
  });

  it.each([
    ["each fold", [70, 50, 80], { from: 70, to: 120 }],
    ["each fifth of the rows of a single fold", [ROWS], { from: 40, to: 80 }],
  ])("do not depend on the classes in %s", (_, folds, { from, to }) => {
    const { search, state } = guesses(3, folds);
    const before = crossFittedOutputs(search, state);
    const targets = search.answers.targets.map((label, row) => (row >= from && row < to ? 1 - label : label));
    const after = crossFittedOutputs({ ...search, answers: { ...search.answers, targets } }, state);
    expect(after.subarray(from, to)).toEqual(before.subarray(from, to));
    expect(after).not.toEqual(before);
  });
});
