import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { smooth } from "../../../src/dashboard/charts/smoothing.ts";
import { range } from "../../http/streaming/readers.ts";

describe("smoothing", () => {
  it("is the mean of pandas' ewm(span, adjust=False)", () => {
    // pd.Series([1, 2, 4, 8]).ewm(span=3, adjust=False).mean()
    expect([...smooth([1, 2, 3, 4], [1, 2, 4, 8], 3)]).toEqual([1, 1.5, 2.75, 5.375]);
  });

  it("stays between the least and the greatest, passes over what is not finite, and leaves a constant as it is", () => {
    const value = fc.oneof(fc.double({ min: -100, max: 100, noNaN: true }), fc.constantFrom(Number.NaN, Infinity));
    fc.assert(
      fc.property(fc.array(value, { maxLength: 50 }), fc.integer({ min: 1, max: 500 }), (values, span) => {
        const smoothed = smooth(range(1, values.length), values, span);
        const finite = values.filter(Number.isFinite);
        for (const [index, each] of values.entries()) {
          const mean = smoothed[index] as number;
          expect(Number.isNaN(mean)).toBe(!Number.isFinite(each));
          if (Number.isNaN(mean)) continue;
          expect(mean).toBeGreaterThanOrEqual(Math.min(...finite) - 1e-9);
          expect(mean).toBeLessThanOrEqual(Math.max(...finite) + 1e-9);
        }
        expect([...smooth(range(1, 5), [3, 3, 3, 3, 3], span)]).toEqual([3, 3, 3, 3, 3]);
      }),
    );
  });

  it("gives a point that stands for many epochs the weight of as many", () => {
    const every = smooth(range(1, 101), [0, ...range(1, 100).map(() => 1)], 20);
    const few = smooth([1, 101], [0, 1], 20);
    expect(few[1]).toBeCloseTo(every[100] as number, 12);
  });
});
