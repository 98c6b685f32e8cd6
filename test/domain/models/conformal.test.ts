/** Intervals and sets: which score they are made of, and how often they hold the truth. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { withIntervals } from "../../../src/domain/models/answer-options.ts";
import { keptScores, rowsFor, scoreAt } from "../../../src/domain/models/conformal.ts";
import type { RegressionPrediction } from "../../../src/domain/models/model.ts";
import { createRandom, streamKey } from "../../../src/engine/index.ts";

const modelOf = (scores: number[][], rows: number) => ({ conformal: { part: "validation" as const, rows, scores } });

describe("the score of a coverage", () => {
  it("is that of the rank ceil((n + 1) coverage)", () => {
    const scores = keptScores(Float64Array.from({ length: 19 }, (_, index) => 19 - index));
    expect(scores).toEqual(Array.from({ length: 19 }, (_, index) => index + 1));
    expect(scoreAt(scores, 19, 0.9)).toBe(18);
    expect(scoreAt(scores, 19, 0.95)).toBe(19);
    expect(scoreAt(scores, 19, 0.5)).toBe(10);
  });

  it.each([
    [0.9, 9],
    [0.95, 19],
    [0.99, 99],
    [0.5, 1],
  ])("of %d needs %d rows", (coverage, rows) => {
    expect(rowsFor(coverage)).toBe(rows);
  });

  it("is never less than it has to be, however many rows there are, and grows with the coverage", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 100, maxLength: 3000 }),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        (errors, one, other) => {
          const scores = keptScores(Float64Array.from(errors));
          const sorted = errors.toSorted((a, b) => a - b);
          const exact = sorted[Math.ceil((errors.length + 1) * one - 1e-9) - 1] as number;
          expect(scoreAt(scores, errors.length, one)).toBeGreaterThanOrEqual(exact);
          const [low, high] = [Math.min(one, other), Math.max(one, other)];
          expect(scoreAt(scores, errors.length, low)).toBeLessThanOrEqual(scoreAt(scores, errors.length, high));
        },
      ),
    );
  });
});

it("holds as many new rows as asked for, where they are like the ones held out", () => {
  const random = createRandom(streamKey(7, "test/conformal"));
  const normal = () => Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());
  const rounds = Array.from({ length: 40 }, () => {
    const model = modelOf([keptScores(Float64Array.from({ length: 500 }, () => Math.abs(normal())))], 500);
    const predictions: RegressionPrediction[] = [{ value: 0 }];
    const [answer] = withIntervals({ predictions }, model, 0.9).predictions;
    const [[low, high] = [0, 0]] = answer?.intervals ?? [];
    const held = Array.from({ length: 500 }, normal).filter((truth) => truth >= low && truth <= high);
    return held.length / 500;
  });
  const coverage = rounds.reduce((sum, share) => sum + share, 0) / rounds.length;
  expect(coverage).toBeGreaterThan(0.89);
  expect(coverage).toBeLessThan(0.91);
});

it("has the answered and the most probable class in every set, and those that are probable enough", () => {
  const model = modelOf([keptScores(Float64Array.from({ length: 100 }, (_, index) => index / 100))], 100);
  const answered = (probabilities: number[], place: number, coverage: number) => {
    const prediction = { place, label: String(place), probability: probabilities[place] as number, probabilities };
    return withIntervals({ predictions: [prediction] }, model, coverage).predictions[0];
  };
  expect(answered([0.5, 0.3, 0.2], 0, 0.5)).toMatchObject({ set: [0] });
  expect(answered([0.5, 0.3, 0.2], 0, 0.75)).toMatchObject({ set: [0, 1] });
  expect(answered([0.5, 0.3, 0.2], 0, 0.95)).toMatchObject({ set: [0, 1, 2] });
  expect(answered([0.4, 0.6], 0, 0.1)).toMatchObject({ set: [0, 1] });
});
