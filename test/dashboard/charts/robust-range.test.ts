import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { robustRange, spansManyPowers } from "../../../src/dashboard/charts/robust-range.ts";

const falling = Array.from({ length: 100 }, (_, epoch) => 1 / (epoch + 1));

describe("the range of a chart", () => {
  it("is that of its values where none of them flattens the others", () => {
    expect(robustRange([3, Number.NaN, 1, null, 2])).toMatchObject({ min: 1, max: 3, above: 0, below: 0 });
    expect(robustRange(falling)).toMatchObject({ min: 0.01, max: 1, above: 0 });
    expect(robustRange([])).toBeNull();
    expect(robustRange([5, 5, 5])).toMatchObject({ min: 5, max: 5 });
  });

  it("leaves a spike outside, and says how far it reaches", () => {
    const range = robustRange([...falling, 8e32]);
    expect(range).toMatchObject({ above: 1, below: 0, highest: 8e32 });
    expect(range?.max).toBeLessThanOrEqual(1);
  });

  it("leaves a divergence at the end outside", () => {
    const range = robustRange([...falling, 1e4, 1e8, 1e16, 1e32, Number.POSITIVE_INFINITY]);
    expect(range).toMatchObject({ above: 4, highest: 1e32 });
  });

  it("leaves what falls away below outside too", () => {
    expect(robustRange([...falling.map((value) => 1 - value), -1e33])).toMatchObject({ below: 1, above: 0, lowest: -1e33 });
  });

  it("keeps most values inside, whatever they are", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 80 }), (values) => {
        const range = robustRange(values);
        if (!range) return;
        const inside = values.filter((value) => value >= range.min && value <= range.max).length;
        expect(inside + range.above + range.below).toBe(values.length);
        expect(inside).toBeGreaterThanOrEqual(Math.floor(0.8 * values.length));
      }),
    );
  });
});

describe("a logarithmic scale", () => {
  it.each([
    [[600, 6e6, 6e10, 6e14], true],
    [[600, 6e6, 0], false],
    [[...falling, 8e32], false],
    [[], false],
  ])("%# is chosen where a linear one shows one value", (values, expected) => {
    expect(spansManyPowers(values)).toBe(expected);
  });
});
