/** Times of epochs on the wall: pauses are left out of what a job ran, and left in where its curves are drawn. */
import { expect, it } from "vitest";
import { ranUntil, runningSpans, wallClock } from "../../../src/formats/metrics/wall-time.ts";

const SPANS = runningSpans(
  [
    { state: "queued", atMs: 0 },
    { state: "running", atMs: 100 },
    { state: "pausing", atMs: 190 },
    { state: "paused", atMs: 200 },
    { state: "queued", atMs: 900 },
    { state: "running", atMs: 1000 },
    { state: "queued", atMs: 1050 },
    { state: "running", atMs: 2000 },
    { state: "succeeded", atMs: 2010 },
  ],
  100,
);

it("a job trains from each start to its pause, the last time without an end", () => {
  expect(SPANS).toEqual([
    { fromMs: 100, toMs: 200 },
    { fromMs: 1000, toMs: 1050 },
    { fromMs: 2000, toMs: Number.POSITIVE_INFINITY },
  ]);
  expect(runningSpans([{ state: "queued", atMs: 3 }], 7)).toEqual([{ fromMs: 7, toMs: Number.POSITIVE_INFINITY }]);
});

it("no epoch ends within a pause, times only grow, and what a job ran is found again", () => {
  const at = wallClock(SPANS);
  expect([0, 60, 100, 110, 150, 160, 5000].map(at)).toEqual([100, 160, 200, 1010, 1050, 2010, 6850]);
  for (const ranMs of [0, 60, 100, 110, 150, 160, 5000]) expect(ranUntil(SPANS, wallClock(SPANS)(ranMs))).toBe(ranMs);
  expect(ranUntil(SPANS, 500)).toBe(100);
});
