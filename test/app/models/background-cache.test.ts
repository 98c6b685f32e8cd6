import { expect, it } from "vitest";
import { createBackgroundCache } from "../../../src/app/models/background-cache.ts";
import type { Background } from "../../../src/domain/explanations/explanation.ts";

const rowsOf = (rows: number): Background => ({ rows, features: new Float32Array(rows), ranges: new Float64Array() });

it("reads rows once, also for requests at the same time, and again after a failure", async () => {
  const cache = createBackgroundCache();
  let reads = 0;
  const draw = async () => {
    reads++;
    await new Promise(setImmediate);
    if (reads === 1) throw new Error("the data set was deleted");
    return rowsOf(reads);
  };
  const failed = await Promise.allSettled([cache.get("a", draw), cache.get("a", draw)]);
  expect(failed.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  const [first, second] = await Promise.all([cache.get("a", draw), cache.get("a", draw)]);
  expect([first, await cache.get("a", draw)]).toEqual([second, rowsOf(2)]);
  expect((await cache.get("b", draw)).rows).toBe(3);
  expect(reads).toBe(3);
});
