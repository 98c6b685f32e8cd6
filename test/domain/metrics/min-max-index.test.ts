import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chooseEpochs, isBlockAligned, pickEpochs, type Rows } from "../../../src/domain/metrics/downsampling.ts";
import type { MetricChunk } from "../../../src/domain/metrics/metric.ts";
import {
  clipped,
  decodeMinMax,
  encodeMinMax,
  minMaxEpochs,
  windowAt,
  windowsWithin,
} from "../../../src/domain/metrics/min-max-index.ts";

const EPOCHS = 100_000;

/** Of a run: noise on a slope, with doubles, with what is not finite, and with a column that is missing in a part. */
function someRun(seed: number, chunkEpochs: number): MetricChunk[] {
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const chunks: MetricChunk[] = [];
  for (let from = 1; from <= EPOCHS; from += chunkEpochs) {
    const to = Math.min(from + chunkEpochs - 1, EPOCHS);
    const column = (value: (epoch: number) => number) =>
      Float64Array.from({ length: to - from + 1 }, (_, row) => value(from + row));
    const loss = column((epoch) => {
      const value = random();
      return value < 0.001 ? [Number.NaN, Infinity, -Infinity][epoch % 3]! : Math.round((1e4 / epoch + value) * 50) / 50;
    });
    const lr = column((epoch) => 1 / epoch);
    const norm = column(() => random());
    chunks.push({ from, to, series: from > EPOCHS / 2 ? { loss, lr, grad_norm: norm } : { loss, lr } });
  }
  return chunks;
}

function overlapping(chunks: readonly MetricChunk[], from: number, to: number): MetricChunk[] {
  return chunks.filter((chunk) => chunk.to >= from && chunk.from <= to);
}

/** What a store has of a range: minima and maxima of full windows, and the rest whole. */
function stored(chunks: readonly MetricChunk[], from: number, to: number): Rows[] {
  const { start, end } = windowsWithin(from, to);
  const within = (first: number, last: number) => overlapping(chunks, first, last).map((chunk) => clipped(chunk, first, last));
  if (end <= start) return within(from, to);
  const windows = Array.from({ length: end - start }, (_, index) => {
    const window = windowAt(start + index);
    const notable = minMaxEpochs(within(window.from, window.to), window);
    return decodeMinMax(window.from, window.to, encodeMinMax(notable));
  });
  return [...within(from, windowAt(start).from - 1), ...windows, ...within(windowAt(end).from, to)];
}

describe("the notable epochs of a run", () => {
  it("are all that thinning needs: it finds the same epochs with the same values as in all of them", () => {
    const run = fc.tuple(fc.integer({ min: 1, max: 1e9 }), fc.integer({ min: 300, max: 20_000 }));
    const range = fc.tuple(fc.integer({ min: 1, max: EPOCHS / 2 }), fc.integer({ min: EPOCHS / 2, max: EPOCHS }));
    fc.assert(
      fc.property(run, range, fc.integer({ min: 2, max: 400 }), ([seed, chunkEpochs], [from, to], points) => {
        fc.pre(isBlockAligned(to - from + 1, 2, points));
        const chunks = overlapping(someRun(seed, chunkEpochs), from, to);
        const few = stored(chunks, from, to);
        const chosen = chooseEpochs(chunks, from, to, points);
        expect(chooseEpochs(few, from, to, points)).toEqual(chosen);
        expect(pickEpochs(few, chosen)).toEqual(pickEpochs(chunks, chosen));
      }),
      { numRuns: 30 },
    );
  });

  it("are few", () => {
    const window = windowAt(1);
    const { epochs } = minMaxEpochs(someRun(7, 5000), window);
    expect(epochs.length).toBeLessThan((window.to - window.from) / 50);
    expect([epochs[0], epochs.at(-1)]).toEqual([window.from, window.to]);
  });

  it("know which windows are full", () => {
    const { to } = windowAt(0);
    expect(windowsWithin(1, to)).toEqual({ start: 0, end: 1 });
    expect(windowsWithin(2, 2 * to)).toEqual({ start: 1, end: 2 });
    expect(windowsWithin(1, to - 1)).toEqual({ start: 0, end: 0 });
  });
});
