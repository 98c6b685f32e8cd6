import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chooseClass, decidedBy } from "../../../src/domain/models/decision.ts";
import type { Criterion } from "../../../src/domain/spec/decision-options.ts";
import { evaluateClasses } from "../../../src/training/evaluate/evaluate.ts";
import { chooseThreshold } from "../../../src/training/evaluate/threshold.ts";

const CRITERIA: readonly Criterion[] = [
  { maximize: "f1" },
  { maximize: "balanced_accuracy" },
  { maximize: "mcc" },
  { cost: { false_positive: 1, false_negative: 5 } },
];

const probabilities = fc.array(fc.record({ p: fc.float({ min: 0, max: 1, noNaN: true }), label: fc.constantFrom(0, 1) }), {
  minLength: 2,
  maxLength: 40,
});

/** What a threshold is worth, by the evaluation that models get. */
function worth(outputs: Float32Array, targets: Float32Array, threshold: number, criterion: Criterion): number {
  const evaluation = evaluateClasses({ rows: outputs.length, outputs, targets, threshold }, ["no", "yes"]);
  const [[, falsePositives = 0] = [], [falseNegatives = 0] = []] = evaluation.confusion_matrix ?? [];
  if ("cost" in criterion)
    return -(falsePositives * criterion.cost.false_positive + falseNegatives * criterion.cost.false_negative);
  if (criterion.maximize === "f1") return evaluation.f1.macro as number;
  if (criterion.maximize === "balanced_accuracy") return evaluation.balanced_accuracy as number;
  return evaluation.mcc as number;
}

describe("a chosen threshold", () => {
  it.each(CRITERIA)("is as good as any by %o", (criterion) => {
    fc.assert(
      fc.property(probabilities, fc.double({ min: 0, max: 1, noNaN: true }), (rows, other) => {
        const outputs = Float32Array.from(rows, ({ p }) => p);
        const targets = Float32Array.from(rows, ({ label }) => label);
        fc.pre(targets.includes(0) && targets.includes(1));
        const chosen = chooseThreshold(outputs, targets, criterion);
        expect(worth(outputs, targets, chosen, criterion)).toBeGreaterThanOrEqual(
          worth(outputs, targets, other, criterion) - 1e-12,
        );
      }),
    );
  });

  it("lies in the middle between neighbours, whatever the order of the rows", () => {
    const outputs = [0.125, 0.75, 0.25, 0.625];
    expect(chooseThreshold(outputs, [0, 1, 0, 1], { maximize: "f1" })).toBe(0.4375);
    expect(chooseThreshold(outputs.toReversed(), [1, 0, 1, 0], { maximize: "f1" })).toBe(0.4375);
  });

  it("is the nearest to a half of equally good ones", () => {
    expect(chooseThreshold([0.1, 0.2, 0.6, 0.7], [0, 1, 0, 1], { cost: { false_positive: 1, false_negative: 1 } })).toBeCloseTo(
      0.65,
    );
  });

  it("is a half where rows are of one class, and passes over what is no number", () => {
    expect(chooseThreshold([0.1, 0.2], [1, 1], { maximize: "mcc" })).toBe(0.5);
    expect(chooseThreshold([Number.NaN, 0.25, 0.75], [1, 0, 1], { maximize: "mcc" })).toBe(0.5);
  });

  it("follows the costs", () => {
    const outputs = [0.1, 0.3, 0.3, 0.3, 0.9];
    const labels = [0, 0, 0, 1, 1];
    expect(chooseThreshold(outputs, labels, { cost: { false_positive: 1, false_negative: 1 } })).toBeCloseTo(0.6);
    expect(chooseThreshold(outputs, labels, { cost: { false_positive: 1, false_negative: 5 } })).toBeCloseTo(0.2);
  });
});

describe("a label", () => {
  it.each([
    [[0.4], undefined, 0],
    [[0.4], 0.3, 1],
    [[0.5], undefined, 0],
    [[0.3], 0.3, 0],
    [[0.6, 0.4], undefined, 0],
    [[0.6, 0.4], 0.3, 1],
    [[0.5, 0.5], undefined, 0],
    [[0.2, 0.5, 0.3], 0.1, 1],
    [[0.4, 0.4, 0.2], undefined, 0],
    [[Number.NaN], undefined, 0],
  ])("of %j at %s is that of class %i", (values, threshold, place) => {
    expect(chooseClass(values, 0, values.length, threshold)).toBe(place);
  });

  it("goes with its probability where another threshold decides", () => {
    const prediction = { place: 0, label: "no", probability: 0.7, probabilities: [0.7, 0.3] };
    expect(decidedBy(prediction, { classes: ["no", "yes"] }, 0.25)).toMatchObject({ place: 1, label: "yes", probability: 0.3 });
  });
});
