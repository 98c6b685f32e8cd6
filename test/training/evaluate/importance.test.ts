import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { permutationImportance } from "../../../src/training/evaluate/importance.ts";

const rows = 40;
const width = 4;
const features = () => Float32Array.from({ length: rows * width }, (_, index) => Math.sin(index * index));
const groups = [
  { column: "first", start: 0, width: 1 },
  { column: "pair", start: 1, width: 2 },
  { column: "last", start: 3, width: 1 },
];

/** How many rows have the values that they had, over the features named. */
const unchanged = (columns: readonly number[]) => (current: Float32Array) => {
  const original = features();
  const same = Array.from({ length: rows }, (_, row) =>
    columns.every((column) => current[row * width + column] === original[row * width + column]),
  );
  return same.filter(Boolean).length / rows;
};

describe("permutation importance", () => {
  it("is how much a score falls when a column is shuffled, and 0 for a column that the score does not look at", () => {
    const importances = permutationImportance({
      groups,
      features: features(),
      rows,
      repeats: 4,
      seed: 1,
      score: unchanged([1]),
    });
    expect(importances.map(({ column }) => column)).toEqual(["first", "pair", "last"]);
    const [first, pair, last] = importances;
    expect(first).toEqual({ column: "first", mean: 0, sd: 0 });
    expect(last).toEqual({ column: "last", mean: 0, sd: 0 });
    expect(pair?.mean).toBeGreaterThan(0.8);
    expect(pair?.sd).toBeGreaterThan(0);
  });

  it("shuffles the features of a column together", () => {
    const pairs = new Set(
      Array.from({ length: rows }, (_, row) =>
        features()
          .subarray(row * width + 1, row * width + 3)
          .join(),
      ),
    );
    permutationImportance({
      groups,
      features: features(),
      rows,
      repeats: 3,
      seed: 2,
      score(current) {
        const found = Array.from({ length: rows }, (_, row) => current.subarray(row * width + 1, row * width + 3).join());
        expect(new Set(found)).toEqual(pairs);
        return 0;
      },
    });
  });

  it("leaves the features as they were, and gives the same numbers for the same seed", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 1, max: 3 }), (seed, repeats) => {
        const given = features();
        const run = () => permutationImportance({ groups, features: given, rows, repeats, seed, score: unchanged([0, 3]) });
        const first = run();
        expect(given).toEqual(features());
        expect(run()).toEqual(first);
      }),
      { numRuns: 20 },
    );
  });
});
