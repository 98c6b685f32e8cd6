import { describe, expect, it } from "vitest";
import { createCoreShares } from "../../../src/worker/training/core-shares.ts";

describe("cores", () => {
  it("go to the runs that want more, and back to one that starts, at once", () => {
    const shares = createCoreShares(4);
    const first = shares.take(1);
    let given = 1;
    first.request(4, (cores) => {
      given = cores;
    });
    expect(given).toBe(4);
    const second = shares.take(1);
    expect(given).toBe(3);
    const third = shares.take(2);
    expect(given).toBe(1);
    third.release();
    second.release();
    expect(given).toBe(4);
  });

  it("are shared out evenly, and no run gets more than it asked for", () => {
    const shares = createCoreShares(9);
    const given = [1, 1, 1];
    const runs = [2, 64, 64].map((most, index) => {
      const share = shares.take(1);
      share.request(most, (cores) => {
        given[index] = cores;
      });
      return share;
    });
    expect(given).toEqual([2, 3, 4]);
    runs[2]?.release();
    expect(given.slice(0, 2)).toEqual([2, 7]);
  });

  it("may be fewer than the runs", () => {
    const shares = createCoreShares(1);
    const first = shares.take(1);
    let calls = 0;
    first.request(64, () => calls++);
    shares.take(1).release();
    expect(calls).toBe(0);
  });
});
