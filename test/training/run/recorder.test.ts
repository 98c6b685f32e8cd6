import { expect, it } from "vitest";
import { createRecorder } from "../../../src/training/run/recorder.ts";

it("takes the epoch with the least value for the best, and any number for better than none", () => {
  const recorder = createRecorder(["loss"], "loss", 0, () => undefined);
  for (const loss of [Number.NaN, 3, 1, Number.NaN, 2]) recorder.record(new Map([["loss", Float64Array.of(loss)]]), 1, 0);
  expect(recorder.metrics()).toEqual({ final: { loss: 2 }, best: { epoch: 3, loss: 1 } });
});
