import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createCurves } from "../../../src/dashboard/charts/curves.ts";
import type { PointTable } from "../../../src/dashboard/charts/point-table.ts";
import { range } from "../../http/streaming/readers.ts";

/** Epochs `from`..`to` of a loss that has a spike at some of them. */
function points(from: number, to: number, lossAt: (epoch: number) => number = (epoch) => 1 / epoch): PointTable {
  const epochs = Float64Array.from(range(from, to));
  return { epochs, columns: { loss: epochs.map(lossAt) } };
}

describe("the curves of a job", () => {
  it("hold every epoch as long as there are few, however they come in", () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(lengths, (parts) => {
        const curves = createCurves(1000);
        let last = 0;
        for (const length of parts) {
          expect(curves.append(points(last + 1, last + length))).toBeNull();
          last += length;
        }
        expect([...curves.view(null).epochs]).toEqual(range(1, last));
        expect(curves.last).toBe(last);
      }),
    );
  });

  it("stay bounded however many come, ascending, with first, last, least and greatest", () => {
    const size = fc.integer({ min: 1, max: 5000 });
    const inputs = fc.tuple(fc.array(size, { minLength: 1, maxLength: 30 }), fc.integer({ min: 1, max: 5000 }));
    fc.assert(
      fc.property(inputs, ([parts, spike]) => {
        const curves = createCurves(100);
        const lossAt = (epoch: number) => (epoch === spike ? 99 : Math.sin(epoch));
        let last = 0;
        for (const length of parts) {
          curves.append(points(last + 1, last + length, lossAt));
          last += length;
        }
        const { epochs, columns } = curves.view(null);
        expect(epochs.length).toBeLessThanOrEqual(250);
        expect([...epochs]).toEqual([...new Set(epochs)].sort((a, b) => a - b));
        expect([epochs[0], epochs.at(-1)]).toEqual([1, last]);
        if (spike <= last) expect(Math.max(...(columns.loss ?? []))).toBe(99);
      }),
      { numRuns: 40 },
    );
  });

  it("tell which epochs were left out, and take them in their place", () => {
    const curves = createCurves(1000);
    curves.append(points(1, 10));
    expect(curves.append(points(21, 30))).toEqual({ from: 11, to: 20 });
    curves.insert(points(11, 20), { from: 11, to: 20 });
    expect([...curves.view(null).epochs]).toEqual(range(1, 30));
    expect(curves.append(points(25, 32))).toBeNull();
    expect([...curves.view(null).epochs]).toEqual(range(1, 32));
  });

  it("use finer points for the stretch that is looked at, and are coarse where there are more to be had", () => {
    const curves = createCurves(100);
    curves.append(points(1, 10_000));
    const span = { from: 4001, to: 4200 };
    expect(curves.isCoarse(span)).toBe(true);
    curves.refine(points(4001, 4200), span);
    expect(curves.isCoarse(span)).toBe(false);
    const { epochs } = curves.view(span);
    expect([...epochs].filter((epoch) => epoch >= 4001 && epoch <= 4200)).toEqual(range(4001, 4200));
    expect([epochs[0], epochs.at(-1)]).toEqual([1, 10_000]);
    expect(curves.view(null).epochs.length).toBeLessThanOrEqual(250);
  });
});
