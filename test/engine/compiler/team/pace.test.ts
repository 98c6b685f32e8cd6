import { describe, expect, it } from "vitest";
import { createPace } from "../../../../src/engine/compiler/team/pace.ts";

/** Runs steps for so long on a machine on which they take `msOf(threads)`. Returns the time that went by with each number of threads. */
function runFor(
  ms: number,
  msOf: (threads: number) => number,
  there = 2,
  clock = { ms: 0 },
  pace = createPace(() => clock.ms),
) {
  const spent = new Map<number, number>();
  for (const end = clock.ms + ms; clock.ms < end; ) {
    const threads = pace.choose(there);
    const took = msOf(threads);
    clock.ms += took;
    pace.took(threads, took);
    spent.set(threads, (spent.get(threads) ?? 0) + took);
  }
  return { spent, clock, pace };
}

const shareOf = (spent: ReadonlyMap<number, number>, threads: number) =>
  (spent.get(threads) ?? 0) / [...spent.values()].reduce((sum, ms) => sum + ms, 0);

describe("the pace", () => {
  it("keeps threads together where they are faster", () => {
    const { spent } = runFor(60_000, (threads) => 10 / threads);
    expect(shareOf(spent, 2)).toBeGreaterThan(0.99);
  });

  it("leaves the steps to one where they are slower, and costs less than 3 %", () => {
    const { spent } = runFor(60_000, (threads) => (threads === 1 ? 10 : 30));
    expect(shareOf(spent, 1)).toBeGreaterThan(0.97);
    const long = runFor(600_000, (threads) => (threads === 1 ? 500 : 700)).spent;
    expect(shareOf(long, 1)).toBeGreaterThan(0.9);
  });

  it("finds out when that changes", () => {
    const busy = runFor(10_000, (threads) => (threads === 1 ? 20 : 60));
    const quiet = runFor(10_000, (threads) => 10 / threads, 2, busy.clock, busy.pace);
    expect(shareOf(quiet.spent, 2)).toBeGreaterThan(0.7);
    const again = runFor(10_000, (threads) => (threads === 1 ? 20 : 60), 2, busy.clock, busy.pace);
    expect(shareOf(again.spent, 1)).toBeGreaterThan(0.7);
  });

  it("does not judge by the first call together, and soon tries again", () => {
    // Code of a thread that has just come is not optimised yet.
    const slowAtFirst = (calls: number) => {
      let together = 0;
      return (threads: number) => (threads === 1 ? 100 : ++together <= calls ? 400 : 55);
    };
    expect(shareOf(runFor(3_000, slowAtFirst(1)).spent, 1)).toBeLessThan(0.15);
    expect(shareOf(runFor(3_000, slowAtFirst(2)).spent, 1)).toBeLessThan(0.2);
  });

  it("has one thread where there is one", () => {
    expect(runFor(1_000, () => 10, 1).spent.size).toBe(1);
  });

  it("measures anew when there are more threads", () => {
    const two = runFor(10_000, (threads) => (threads === 1 ? 10 : 30));
    const four = runFor(10_000, (threads) => (threads === 4 ? 4 : threads === 1 ? 10 : 30), 4, two.clock, two.pace);
    expect(shareOf(four.spent, 4)).toBeGreaterThan(0.9);
  });
});
