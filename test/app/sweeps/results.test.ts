/** Results of trials, read page by page: those that are final are read from the store once. */
import { describe, expect, it } from "vitest";
import { createResultCache, readNewResults } from "../../../src/app/sweeps/results.ts";
import type { ResultsRequest } from "../../../src/domain/sweeps/sweep-store.ts";
import { decodeResults } from "../../../src/training/sweeps/trial-source.ts";

const encoder = new TextEncoder();

/** A store of one sweep with the trials of `numbers`, which counts what is read of it. */
function storeOf(numbers: number[]) {
  const read: number[] = [];
  const readResults = async (_: string, { after, limit }: ResultsRequest) => {
    const own = numbers.filter((number) => number > after).slice(0, limit);
    read.push(...own);
    const rows = own.map((number) => ({ number, generation: 0, state: "succeeded", value: number, parameters: {} }));
    return { count: own.length, last: own.at(-1) ?? null, json: encoder.encode(JSON.stringify(rows)) };
  };
  return { store: { sweeps: { readResults } }, read };
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);
const numbersOf = (pages: Uint8Array<ArrayBuffer>[]) => decodeResults(pages).map(({ number }) => number);

describe("the results of a sweep in generations", () => {
  it.each([1, 4, 499, 500, 501])("are read once each, in generations of %i", async (size) => {
    const numbers: number[] = [];
    const { store, read } = storeOf(numbers);
    const cache = createResultCache();
    for (let generation = 0; generation < 6; generation++) {
      numbers.push(...range(numbers.length, numbers.length + size));
      const pages = await readNewResults(store, "swp_1", numbers.length, cache);
      expect(numbersOf(pages)).toEqual(numbers);
      // A thread takes the pages away.
      for (const page of pages) structuredClone(page, { transfer: [page.buffer] });
    }
    expect(read).toEqual(numbers);
  });

  it("come in few pages, however small the generations were", async () => {
    const numbers: number[] = [];
    const { store } = storeOf(numbers);
    const cache = createResultCache();
    for (let trial = 0; trial < 2000; trial++) {
      numbers.push(trial);
      await readNewResults(store, "swp_1", numbers.length, cache);
    }
    expect((await readNewResults(store, "swp_1", 2000, cache)).length).toBeLessThan(6);
  });

  it("are not remembered where trials of a later generation are among them, which another process has begun", async () => {
    const numbers = [0, 1, 3];
    const { store } = storeOf(numbers);
    const cache = createResultCache();
    await readNewResults(store, "swp_1", 2, cache);
    numbers.splice(2, 0, 2);
    expect(numbersOf(await readNewResults(store, "swp_1", 4, cache))).toEqual([0, 1, 2, 3]);
  });
});
