/** When labels say that a model is worse than its evaluation: how soon, and how often it is said of a model that is not. */
import { describe, expect, it } from "vitest";
import type { Model } from "../../../src/domain/models/model.ts";
import { judgeScore, liveScore, scoreBound, scoreMessage } from "../../../src/domain/monitoring/live-score.ts";
import type { LiveSums } from "../../../src/domain/monitoring/monitor-store.ts";

type Scored = Pick<Model, "task" | "score">;
const scored = (task: Model["task"], intervals: object | undefined, part = "validation") =>
  ({
    task,
    score: { part, rows: 200, metrics: {}, ...(intervals && { intervals: { level: 0.9, ...intervals } }) },
  }) as never as Scored;
const CLASSES = scored("binary_classification", { accuracy: [0.88, 0.94] });
const VALUES = scored("regression", { mae: [2, 3] });
const right = (count: number, labelled: number): LiveSums => ({
  ...{ answers: labelled, labelled, right: count, absolute: 0, squared: 0, variation: 0 },
});
/** Absolute errors that are half as large and half as large again, in turn. */
const errors = (mae: number, labelled: number): LiveSums => ({
  ...{ answers: labelled, labelled, right: 0, absolute: mae * labelled, squared: 1.25 * mae * mae * labelled, variation: 1 },
});

describe("the bound of a live score", () => {
  it("lies below the interval of the accuracy, or above that of the absolute error", () => {
    expect(scoreBound(CLASSES, 0.05)).toMatchObject({ figure: "accuracy", interval: [0.88, 0.94], bound: 0.83 });
    expect(scoreBound(VALUES, 0.1)?.bound).toBeCloseTo(3.3, 10);
  });

  it("is not there without a score of held-out rows that has an interval", () => {
    expect(scoreBound({ task: "regression" }, 0.05)).toBeNull();
    expect(scoreBound({ task: "regression", score: null }, 0.05)).toBeNull();
    expect(scoreBound(scored("regression", { mae: [1, 2] }, "train"), 0.05)).toBeNull();
    expect(scoreBound(scored("regression", undefined), 0.05)).toBeNull();
  });
});

describe("a live score", () => {
  const accuracy = scoreBound(CLASSES, 0.05) as NonNullable<ReturnType<typeof scoreBound>>;
  const mae = scoreBound(VALUES, 0.05) as typeof accuracy;

  it("has fallen where chance does not explain it, and not before there are 50 labels", () => {
    expect(judgeScore(accuracy, right(0, 49), false)).toBe(false);
    expect(judgeScore(accuracy, right(25, 50), false)).toBe(true);
    // Below the bound, and within what 50 rows vary.
    expect(judgeScore(accuracy, right(39, 50), false)).toBe(false);
    expect(judgeScore(accuracy, right(370, 500), false)).toBe(true);
    expect(judgeScore(mae, errors(3.2, 60), false)).toBe(false);
    expect(judgeScore(mae, errors(6, 60), false)).toBe(true);
  });

  it("has fallen until its figure is within the bound again, however many labels that takes", () => {
    expect(judgeScore(accuracy, right(400, 500), true)).toBe(true);
    expect(judgeScore(accuracy, right(416, 500), true)).toBe(false);
    expect(judgeScore(accuracy, right(50, 10), true)).toBe(true);
    expect(judgeScore(mae, errors(3.1, 100), true)).toBe(false);
  });

  it("falls for no model that is as good as its evaluation says, whichever 500 labels come", () => {
    let state = 1;
    const chance = () => {
      state = (state * 48271) % 2147483647;
      return state / 2147483647;
    };
    let alarms = 0;
    for (let window = 0; window < 4000; window++) {
      const labelled = 50 + (window % 451);
      // The worst that the interval allows.
      const count = Array.from({ length: labelled }, () => chance() < 0.88).filter(Boolean).length;
      if (judgeScore(accuracy, right(count, labelled), false)) alarms++;
    }
    expect(alarms).toBe(0);
  });

  it("is told with the figure, the labels, and what it is held to", () => {
    const recent = right(25, 50);
    const model = { id: "mdl_1", name: "tall", version: 2 };
    const text = scoreMessage(model, accuracy, liveScore(CLASSES, recent), true, 0);
    expect(JSON.parse(text)).toEqual({
      type: "model.score_fell",
      timestamp: "1970-01-01T00:00:00.000Z",
      data: { model, score: { figure: "accuracy", live: 0.5, labelled: 50, evaluation: [0.88, 0.94], bound: 0.83 } },
    });
  });
});
