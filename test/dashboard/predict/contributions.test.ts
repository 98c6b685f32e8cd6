import { describe, expect, it } from "vitest";
import type { Explanation } from "../../../src/client/answers.ts";
import { contributionBars } from "../../../src/dashboard/predict/contributions.ts";

const values = (...all: number[]): Explanation => ({
  base: { value: 10 },
  exact: true,
  contributions: all.map((value, index) => ({ column: `c${index}`, value })),
});

describe("bars of an explanation", () => {
  it("are in the order of their size, each as long as its share of the greatest", () => {
    expect(contributionBars(values(1, -4, 0), null)).toEqual({
      base: 10,
      bars: [
        { column: "c1", value: -4, length: 1 },
        { column: "c0", value: 1, length: 0.25 },
        { column: "c2", value: 0, length: 0 },
      ],
      others: 0,
    });
  });

  it("put small ones together, so that all add up, but never a single one", () => {
    const many = contributionBars(values(...Array.from({ length: 12 }, (_, index) => index + 1)), null);
    expect(many?.bars).toHaveLength(9);
    expect(many?.bars.at(-1)).toMatchObject({ column: null, value: 1 + 2 + 3 + 4 });
    expect(many?.others).toBe(4);
    expect(contributionBars(values(1, 2, 3, 4, 5, 6, 7, 8, 9), null)?.others).toBe(0);
  });

  it("are of the class that is answered, and of the first target", () => {
    const classes = {
      base: { probabilities: { a: 0.25, b: 0.75 } },
      exact: true,
      contributions: [{ column: "x", probabilities: { a: 0.5, b: -0.5 } }],
    };
    expect(contributionBars(classes, "b")).toMatchObject({ base: 0.75, bars: [{ column: "x", value: -0.5 }] });
    const targets = { base: { value: [1, 2] }, exact: true, contributions: [{ column: "x", value: [3, 4] }] };
    expect(contributionBars(targets, null)).toMatchObject({ base: 1, bars: [{ value: 3 }] });
  });

  it("are none where a number is not finite", () => {
    expect(contributionBars({ ...values(1), base: { value: "Infinity" } }, null)).toBeNull();
    expect(contributionBars({ ...values(), contributions: [{ column: "x", value: "NaN" }] }, null)).toBeNull();
    expect(contributionBars(values(0, 0), null)?.bars[0]?.length).toBe(0);
  });
});
