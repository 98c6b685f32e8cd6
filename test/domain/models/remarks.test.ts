import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EncodedColumn } from "../../../src/domain/datasets/preprocessing.ts";
import { boundsOf, createRemarkCollector, remarkNotes } from "../../../src/domain/models/remarks.ts";

const numeric = (range?: { min: number; max: number }): EncodedColumn => ({
  ...{ kind: "numeric", column: "mass", integer: false, fill: 0, indicator: false, scaling: null },
  ...(range && { range }),
});
const island: EncodedColumn = {
  ...{ kind: "category", column: "island", boolean: false, categories: ["a"], fill: null, encode: "one_hot", dimension: null },
};
const isOdd = (column: EncodedColumn, value: number) => {
  const { low, high } = boundsOf(column);
  return value < low || value > high;
};

describe("a value is odd", () => {
  it("when it is further outside the range of the training rows than that range is wide", () => {
    const bound = fc.double({ min: -1e30, max: 1e30, noNaN: true });
    fc.assert(
      fc.property(bound, bound, fc.double(), (a, b, value) => {
        const [min, max] = [Math.min(a, b), Math.max(a, b)];
        const width = max - min;
        expect(isOdd(numeric({ min, max }), value)).toBe(value < min - width || value > max + width);
        expect(isOdd(numeric({ min, max }), min)).toBe(false);
        expect(isOdd(numeric({ min, max }), max)).toBe(false);
      }),
    );
  });

  it("when it is another one than the only value of the training rows", () => {
    expect([5, 5.1, 4.9].map((value) => isOdd(numeric({ min: 5, max: 5 }), value))).toEqual([false, true, true]);
  });

  it("when it is a label that no training row had, and never when it is missing or the model has no ranges", () => {
    expect([-1, 0, Number.NaN].map((value) => isOdd(island, value))).toEqual([true, false, false]);
    expect([1e30, -1e30, Number.NaN].some((value) => isOdd(numeric(), value))).toBe(false);
    expect(isOdd(numeric({ min: 0, max: 1 }), Number.NaN)).toBe(false);
  });
});

describe("remarks", () => {
  it("of many blocks are those of all rows together", () => {
    const odd = fc.array(fc.record({ column: fc.nat(1), raw: fc.integer() }), { maxLength: 30 });
    fc.assert(
      fc.property(odd, fc.nat(30), (all, cut) => {
        const collect = (from: number, to: number) => {
          const collector = createRemarkCollector();
          all.slice(from, to).forEach(({ column, raw }, index) => {
            collector.add(column, from + index, raw);
          });
          return collector.take();
        };
        const joined = createRemarkCollector();
        joined.addAll(collect(0, cut));
        joined.addAll(collect(cut, all.length));
        expect(joined.take()).toEqual(collect(0, all.length));
        expect(joined.take()).toEqual([]);
      }),
    );
  });

  it("become notes with column, share and the first places", () => {
    const collector = createRemarkCollector();
    for (let row = 0; row < 7; row++) collector.add(1, row, 1e9);
    collector.add(0, 3, "Mars");
    const columns = [island, numeric({ min: 2700, max: 6300 })];
    expect(remarkNotes({ columns }, collector.take(), 10_000, "row")).toEqual([
      {
        code: "unseen_category",
        column: "island",
        line: null,
        detail: "1 of 10000 rows (0.01 %) have a value of island that no training row had, which counts as other: Mars (row 3)",
        cure: "check how it is written, or train again with rows that have it",
      },
      {
        code: "value_outside_training",
        column: "mass",
        line: null,
        detail:
          "7 of 10000 rows (0.07 %) have a value of mass far outside the range of the training rows, which is 2700 to 6300: 1000000000 (rows 0, 1, 2, 3, 4, …)",
        cure: "check its unit; if it is right, the prediction is a guess outside what the model learned, however certain it looks",
      },
    ]);
  });
});
