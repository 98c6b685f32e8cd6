import { describe, expect, it } from "vitest";
import { selectGreedily } from "../../../src/training/auto/selection.ts";

const target = Float32Array.of(1, 2, 3, 4);
const squared = (values: Float32Array) =>
  values.reduce((sum, value, row) => sum + (value - (target[row] as number)) ** 2, 0) / values.length;

describe("greedy selection", () => {
  it("takes the one candidate that is right alone", () => {
    const { weights, value } = selectGreedily([Float32Array.of(0, 0, 0, 0), target, Float32Array.of(9, 9, 9, 9)], 3, squared);
    expect(weights).toEqual([0, 1, 0]);
    expect(value).toBe(0);
  });

  it("averages candidates whose errors cancel out, and leaves the others out", () => {
    const above = target.map((value) => value + 1);
    const below = target.map((value) => value - 1);
    const { weights } = selectGreedily([above, Float32Array.of(9, 9, 9, 9), below], 3, squared);
    expect(weights).toEqual([0.5, 0, 0.5]);
  });

  it("takes no more candidates than it may", () => {
    const above = target.map((value) => value + 1);
    const below = target.map((value) => value - 1);
    expect(selectGreedily([above, below], 1, squared).weights.filter((weight) => weight > 0)).toHaveLength(1);
  });
});
