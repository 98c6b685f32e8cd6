import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chooseEpochs, pickEpochs } from "../../../src/domain/metrics/downsampling.ts";
import { entriesOf, joinWireColumns, type MetricChunk, wireColumns } from "../../../src/domain/metrics/metric.ts";

const value = fc.oneof(
  { weight: 8, arbitrary: fc.double({ noNaN: true, min: -100, max: 100 }) },
  { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Infinity, -Infinity) },
);

/** Consecutive chunks of one to twenty epochs, from an epoch that need not be the first. */
const someChunks: fc.Arbitrary<MetricChunk[]> = fc
  .tuple(
    fc.integer({ min: 1, max: 50 }),
    fc.array(fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 30 }),
  )
  .map(([start, parts]) => {
    let next = start;
    return parts.map((rows) => {
      const from = next;
      next += rows.length;
      const series = { loss: Float64Array.from(rows, ([loss]) => loss), lr: Float64Array.from(rows, ([, lr]) => lr) };
      return { from, to: next - 1, series };
    });
  });

const range = fc
  .tuple(fc.integer({ min: 1, max: 700 }), fc.integer({ min: 1, max: 700 }))
  .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);

function valuesOf(chunks: readonly MetricChunk[], name: "loss" | "lr", from: number, to: number): [number, number][] {
  return chunks.flatMap((chunk) =>
    Array.from(chunk.series[name] ?? [], (v, index): [number, number] => [chunk.from + index, v]).filter(
      ([epoch]) => epoch >= from && epoch <= to,
    ),
  );
}

describe("thinning metrics", () => {
  it("keeps every epoch when there is room for all", () => {
    fc.assert(
      fc.property(someChunks, range, (chunks, [from, to]) => {
        const epochs = valuesOf(chunks, "loss", from, to).map(([epoch]) => epoch);
        expect(chooseEpochs(chunks, from, to, 1000)).toEqual(epochs);
      }),
    );
  });

  it("keeps the first, the last, and every column's least and greatest finite value, ascending and without doubles", () => {
    fc.assert(
      fc.property(someChunks, range, fc.integer({ min: 2, max: 60 }), (chunks, [from, to], points) => {
        const chosen = chooseEpochs(chunks, from, to, points);
        const all = valuesOf(chunks, "loss", from, to);
        expect(chosen).toEqual([...new Set(chosen)].sort((a, b) => a - b));
        expect(chosen.at(0)).toBe(all.at(0)?.[0]);
        expect(chosen.at(-1)).toBe(all.at(-1)?.[0]);
        for (const name of ["loss", "lr"] as const) {
          const finite = valuesOf(chunks, name, from, to).filter(([, v]) => Number.isFinite(v));
          const kept = finite.filter(([epoch]) => chosen.includes(epoch)).map(([, v]) => v);
          expect(Math.min(...kept)).toBe(Math.min(...finite.map(([, v]) => v)));
          expect(Math.max(...kept)).toBe(Math.max(...finite.map(([, v]) => v)));
        }
      }),
    );
  });

  it("returns at most `points` epochs, unless the ends and extremes alone are more", () => {
    fc.assert(
      fc.property(someChunks, fc.integer({ min: 2, max: 200 }), (chunks, points) => {
        expect(chooseEpochs(chunks, 1, 1000, points).length).toBeLessThanOrEqual(Math.max(points, 6));
      }),
    );
  });

  it("keeps each bucket's peaks, so that a narrow spike of a long run shows", () => {
    const loss = Float64Array.from({ length: 10_000 }, (_, index) => (index % 100 === 50 ? 5 + index / 1e6 : 1 / (index + 1)));
    const chosen = chooseEpochs([{ from: 1, to: 10_000, series: { loss } }], 1, 10_000, 204);
    const spikes = chosen.filter((epoch) => (loss[epoch - 1] as number) >= 5);
    expect(spikes).toHaveLength(100);
  });

  it("keeps the peaks of every column, not of the loss alone", () => {
    const flat = Float64Array.from({ length: 10_000 }, () => 1);
    const grad_norm = Float64Array.from(flat, (_, index) => (index % 100 === 50 ? 9 + index / 1e6 : 1));
    const chosen = chooseEpochs([{ from: 1, to: 10_000, series: { loss: flat, grad_norm } }], 1, 10_000, 408);
    expect(chosen.filter((epoch) => (grad_norm[epoch - 1] as number) >= 9)).toHaveLength(100);
  });

  it("picks the values of the chosen epochs", () => {
    fc.assert(
      fc.property(someChunks, range, fc.integer({ min: 2, max: 60 }), (chunks, [from, to], points) => {
        const chosen = chooseEpochs(chunks, from, to, points);
        const picked = pickEpochs(chunks, chosen);
        expect(picked.epochs).toEqual(chosen);
        const all = new Map(valuesOf(chunks, "loss", from, to));
        expect(picked.series.loss?.map(Number)).toEqual(chosen.map((epoch) => all.get(epoch)));
      }),
    );
  });

  it("gives a whole chunk the form that a stream gives it", () => {
    const chunk: MetricChunk = {
      from: 3,
      to: 5,
      series: { lr: Float64Array.of(1, 2, 3), loss: Float64Array.of(4, Number.NaN, 6) },
    };
    expect(JSON.stringify(pickEpochs([chunk], [3, 4, 5]))).toBe(JSON.stringify(wireColumns(chunk)));
    expect(entriesOf(chunk)).toHaveLength(2);
  });

  it("puts the points of stretches after one another, NaN where one lacks a column", () => {
    const early = pickEpochs([{ from: 1, to: 2, series: { loss: Float64Array.of(4, 3) } }], [1, 2]);
    const late = pickEpochs([{ from: 3, to: 3, series: { loss: Float64Array.of(2), accuracy: Float64Array.of(0.5) } }], [3]);
    expect(joinWireColumns(early, late)).toEqual({
      epochs: [1, 2, 3],
      series: { loss: [4, 3, 2], accuracy: ["NaN", "NaN", 0.5] },
    });
  });

  it("returns nothing for a range without epochs", () => {
    expect(chooseEpochs([], 1, 10, 5)).toEqual([]);
    expect(pickEpochs([], [])).toEqual({ epochs: [], series: {} });
  });
});
