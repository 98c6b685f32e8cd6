import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ThresholdCriterion } from "../../../src/domain/spec/decision.ts";
import { chooseThreshold, isSecond, matthewsCorrelation } from "../../../src/training/evaluate/threshold.ts";

const CRITERIA: readonly ThresholdCriterion[] = [
  { maximize: "f1" },
  { maximize: "balanced_accuracy" },
  { maximize: "mcc" },
  { maximize: "accuracy" },
  { cost: { false_positive: 1, false_negative: 5 } },
];

/** scikit-learn's definitions, written out by outcome. */
function worth(criterion: ThresholdCriterion, given: readonly boolean[], labels: readonly number[]): number {
  const count = (label: number, second: boolean) =>
    labels.filter((each, row) => each === label && given[row] === second).length;
  const [tp, fp, fn, tn] = [count(1, true), count(0, true), count(1, false), count(0, false)];
  if ("cost" in criterion) return -(criterion.cost.false_positive * fp + criterion.cost.false_negative * fn);
  const f1 = (hits: number) => (hits === 0 ? 0 : (2 * hits) / (2 * hits + fp + fn));
  const root = Math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn));
  return {
    accuracy: (tp + tn) / labels.length,
    balanced_accuracy: (tp / (tp + fn) + tn / (tn + fp)) / 2,
    f1: (f1(tp) + f1(tn)) / 2,
    mcc: root === 0 ? 0 : (tp * tn - fp * fn) / root,
  }[criterion.maximize];
}

const decide = (probabilities: readonly number[], threshold: number) =>
  probabilities.map((second) => isSecond(1 - second, second, threshold));

const row = fc.record({ probability: fc.float({ min: 0, max: 1, noNaN: true }), label: fc.constantFrom(0, 1) });

describe("the threshold that is chosen", () => {
  it.each(CRITERIA.map((criterion) => [JSON.stringify(criterion), criterion] as const))(
    "is as good as any for %s, and the order of the rows does not matter",
    (_, criterion) => {
      fc.assert(
        fc.property(fc.array(row, { minLength: 2, maxLength: 30 }), (rows) => {
          const probabilities = rows.map(({ probability }) => probability);
          const labels = rows.map(({ label }) => label);
          fc.pre(new Set(labels).size === 2);
          const chosen = chooseThreshold(probabilities, labels, criterion);
          const best = Math.max(
            ...[0.5, ...probabilities].map((each) => worth(criterion, decide(probabilities, each), labels)),
          );
          expect(worth(criterion, decide(probabilities, chosen), labels)).toBeGreaterThanOrEqual(best - 1e-9);
          expect(chosen).toBeGreaterThanOrEqual(0);
          expect(chosen).toBeLessThanOrEqual(1);
          expect(chooseThreshold(probabilities.toReversed(), labels.toReversed(), criterion)).toBe(chosen);
        }),
      );
    },
  );

  it("is a short decimal between two probabilities, and 0.5 where that is as good", () => {
    expect(chooseThreshold([0.1, 0.2, 0.31, 0.8], [0, 0, 1, 1], { maximize: "f1" })).toBe(0.26);
    expect(chooseThreshold([0.1, 0.2, 0.7, 0.8], [0, 0, 1, 1], { maximize: "mcc" })).toBe(0.5);
  });

  it("is 0.5 for rows of one class, none, or probabilities that are not numbers", () => {
    expect(chooseThreshold([0.2, 0.3], [1, 1], { maximize: "f1" })).toBe(0.5);
    expect(chooseThreshold([], [], { maximize: "f1" })).toBe(0.5);
    expect(chooseThreshold([0.2, Number.NaN], [1, 0], { maximize: "f1" })).toBe(0.5);
  });

  it("follows the costs: a miss that costs more lowers it", () => {
    const probabilities = [0.1, 0.3, 0.4, 0.6, 0.9];
    const labels = [0, 1, 0, 0, 1];
    expect(chooseThreshold(probabilities, labels, { cost: { false_positive: 1, false_negative: 10 } })).toBeLessThan(0.3);
    expect(chooseThreshold(probabilities, labels, { cost: { false_positive: 10, false_negative: 1 } })).toBeGreaterThan(0.6);
  });
});

describe("the class of a row", () => {
  it("is the more probable one at 0.5, the first of equal ones, and the first where a probability is not a number", () => {
    expect(isSecond(0.4, 0.6, 0.5)).toBe(true);
    expect(isSecond(0.5, 0.5, 0.5)).toBe(false);
    expect(isSecond(Number.NaN, Number.NaN, 0.5)).toBe(false);
  });
});

describe("Matthews' correlation", () => {
  it("has scikit-learn's values", () => {
    // matthews_corrcoef([0, 0, 1, 1, 1], [0, 1, 1, 1, 0]), and of [0, 1, 2, 2, 1, 0] against [0, 1, 2, 1, 1, 2].
    expect(matthewsCorrelation([1, 2], [2, 3], [2, 3])).toBeCloseTo(1 / 6, 12);
    expect(matthewsCorrelation([1, 2, 1], [1, 3, 2], [2, 2, 2])).toBeCloseTo(0.5222329678670935, 12);
  });

  it("is 0 where all rows are given one class", () => {
    expect(matthewsCorrelation([3, 0], [5, 0], [3, 2])).toBe(0);
  });
});
