import { describe, expect, it } from "vitest";
import { attemptsOf } from "../../../../src/dashboard/views/job/history-tab.tsx";
import { marksOf } from "../../../../src/dashboard/views/job/marks.ts";

const at = (second: number) => new Date(second * 1000).toISOString();
const TRANSITIONS = [
  { state: "queued", at: at(0), reason: "submitted" },
  { state: "running", at: at(1), reason: "a worker took it" },
  { state: "queued", at: at(5), reason: "the server was stopped; it resumes from epoch 40" },
  { state: "running", at: at(9), reason: "a worker took it" },
  { state: "succeeded", at: at(11), reason: "all epochs are done" },
] as const;

describe("the marks of a job's charts", () => {
  it("are the best epoch, the one of the model where it is another, where it failed, and where each attempt went on", () => {
    const error = { code: "diverged", detail: "the loss is Infinity", epoch: 90 } as const;
    const metrics = { final: {}, best: { loss: 0.1, epoch: 70 } };
    expect(marksOf({ metrics, error, transitions: [...TRANSITIONS] }).map(({ epoch, label }) => [epoch, label])).toEqual([
      [70, "best"],
      [90, "diverged"],
      [40, "resumed"],
    ]);
    const two = { final: {}, best: { epoch: 70 }, lowest: { epoch: 60 } };
    const marks = (done: number) => marksOf({ metrics: two, error: null, transitions: [], epochs_done: done });
    expect(marks(90).map(({ epoch, label }) => [epoch, label])).toEqual([
      [60, "best"],
      [70, "model"],
    ]);
    expect(marks(70).map(({ epoch }) => epoch)).toEqual([60]);
    expect(marksOf({ metrics: null, error: null, transitions: [] })).toEqual([]);
  });
});

describe("the history of a job", () => {
  it("is told by attempts, with how long each state lasted", () => {
    const attempts = attemptsOf([...TRANSITIONS]);
    const told = attempts.map(({ number, spans }) => [number, spans.map(({ state, seconds }) => `${state} ${seconds}`)]);
    expect(told).toEqual([
      [0, ["queued 1"]],
      [1, ["running 4", "queued 4"]],
      [2, ["running 2", "succeeded null"]],
    ]);
  });
});
