import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { align } from "../../../src/dashboard/charts/align.ts";
import type { PointTable } from "../../../src/dashboard/charts/point-table.ts";

const table: fc.Arbitrary<PointTable> = fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 20 }).map((list) => {
  const epochs = Float64Array.from(list.sort((a, b) => a - b));
  return { epochs, columns: { loss: epochs.map((epoch) => epoch * 10) } };
});

describe("tables on one axis", () => {
  it("keep each of their points, at its epoch, and no other", () => {
    fc.assert(
      fc.property(fc.array(table, { minLength: 1, maxLength: 5 }), (tables) => {
        const { epochs, line } = align(tables);
        const all = new Set(tables.flatMap((each) => [...each.epochs]));
        expect([...epochs]).toEqual([...all].sort((a, b) => a - b));
        tables.forEach((each, position) => {
          const { values, absent } = line(position, "loss") ?? { values: [], absent: [] };
          const own = [...epochs].flatMap((epoch, row) => (absent[row] ? [] : [[epoch, values[row]]]));
          expect(own).toEqual([...each.epochs].map((epoch) => [epoch, epoch * 10]));
        });
      }),
    );
  });

  it("have the value before where they have no point, and none outside of their epochs", () => {
    const short = { epochs: Float64Array.of(2, 4), columns: { loss: Float64Array.of(20, 40) } };
    const long = {
      epochs: Float64Array.of(1, 3, 5),
      columns: { loss: Float64Array.of(1, 3, 5), f1: Float64Array.of(0, 0, 1) },
    };
    const { line } = align([short, long]);
    expect([...(line(0, "loss")?.values ?? [])]).toEqual([Number.NaN, 20, 20, 40, Number.NaN]);
    expect([...(line(0, "loss")?.absent ?? [])]).toEqual([1, 0, 1, 0, 1]);
    expect(line(0, "f1")).toBeNull();
  });
});
