import { describe, expect, it } from "vitest";
import { fitTemperature } from "../../../src/training/auto/objective.ts";

/** Uniform numbers between 0 and 1: a Weyl sequence, spread evenly. */
const spread = (count: number, step: number) => Array.from({ length: count }, (_, index) => ((index + 0.5) * step) % 1);

/** Rows whose classes are drawn with the probabilities of logits, and the same logits times `factor`. */
function overconfident(rows: number, factor: number) {
  const logits = spread(rows, 0.6180339887498949).map((value) => 6 * value - 3);
  const chances = spread(rows, 0.7548776662466927);
  const targets = Float32Array.from(logits, (logit, row) => ((chances[row] as number) < 1 / (1 + Math.exp(-logit)) ? 1 : 0));
  return { outputs: Float32Array.from(logits, (logit) => factor * logit), answers: { rows, width: 1, targets, weights: null } };
}

describe("the temperature of an average", () => {
  it.each([0.5, 2, 3])("undoes a factor of %s in the logits of many rows", (factor) => {
    const { outputs, answers } = overconfident(20_000, factor);
    expect(fitTemperature(outputs, answers) / factor).toBeCloseTo(1, 1);
  });

  it("stays near 1 for few rows of which none is wrong", () => {
    const targets = Float32Array.from({ length: 40 }, (_, row) => row % 2);
    const outputs = targets.map((target) => (target === 1 ? 2 : -2));
    const temperature = fitTemperature(outputs, { rows: 40, width: 1, targets, weights: null });
    expect(temperature).toBeGreaterThan(0.75);
    expect(temperature).toBeLessThan(1);
  });

  it("stays near 1 for few rows of several classes of which none is wrong", () => {
    const targets = Float32Array.from({ length: 45 }, (_, row) => row % 3);
    const outputs = Float32Array.from({ length: 135 }, (_, at) => (at % 3 === targets[Math.floor(at / 3)] ? 3 : -1));
    const temperature = fitTemperature(outputs, { rows: 45, width: 3, targets, weights: null });
    expect(temperature).toBeGreaterThan(0.75);
    expect(temperature).toBeLessThan(1);
  });
});
