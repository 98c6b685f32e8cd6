import { describe, expect, it } from "vitest";
import { projectedValue } from "../../../src/training/sweeps/projection.ts";

/** A curve with a point at each epoch. */
const curveOf = (epochs: number, valueAt: (epoch: number) => number | null) => {
  const all = Array.from({ length: epochs }, (_, index) => index + 1);
  return { epochs: all, values: all.map(valueAt) };
};
const standing = { isBest: false, isMaximized: false, epochs: 80 };

describe("the projection of a curve", () => {
  it("is the end of a power law", () => {
    const law = (epoch: number) => 3 * epoch ** -0.7;
    const projected = projectedValue({ ...standing, curve: curveOf(20, law), value: law(20) });
    expect(projected).toBeCloseTo(law(80), 12);
  });

  it("is that of 1 minus the objective where more is better", () => {
    const law = (epoch: number) => 1 - 0.5 * epoch ** -0.3;
    const projected = projectedValue({ ...standing, isMaximized: true, curve: curveOf(20, law), value: law(20) });
    expect(projected).toBeCloseTo(law(80), 12);
  });

  it("goes up with a curve that does, unless the best weights are kept", () => {
    const bend = (epoch: number) => 1 + (epoch - 8) ** 2;
    const curve = curveOf(20, bend);
    expect(projectedValue({ ...standing, curve, value: bend(20) })).toBeGreaterThan(bend(20));
    expect(projectedValue({ ...standing, isBest: true, curve, value: 1 })).toBe(1);
  });

  it.each([
    ["after one epoch", curveOf(1, () => 0.5), 0.5],
    ["at the last epoch", curveOf(80, (epoch) => 1 / epoch), 0.5],
    ["of an error that is not positive", curveOf(20, (epoch) => 10 - epoch), -10],
    ["whose earlier values were no numbers", curveOf(20, (epoch) => (epoch < 15 ? null : 1)), 0.5],
  ])("is the value itself %s", (_, curve, value) => {
    expect(projectedValue({ ...standing, curve, value })).toBe(value);
  });

  it("is a finite number wherever it leads", () => {
    const curve = curveOf(20, (epoch) => (epoch > 10 ? 1e300 : 1e-300));
    expect(projectedValue({ ...standing, curve, value: 1e300 })).toBe(Number.MAX_VALUE);
  });
});
