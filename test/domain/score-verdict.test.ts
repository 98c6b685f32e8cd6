import { describe, expect, it } from "vitest";
import type { Score } from "../../src/domain/models/score.ts";
import { verdictOf } from "../../src/domain/score-text.ts";

const classes = (accuracy: number | null) => ({
  ...{ accuracy, balanced_accuracy: accuracy, f1: accuracy, log_loss: null, roc_auc: null, pr_auc: null },
});
const scored = (model: number | null, linear: number | null, part: Score["part"] = "test", rows = 60): Score => ({
  part,
  rows,
  metrics: classes(model),
  baseline: { label: "No", value: null, metrics: classes(0.65) },
  linear: {
    type: "logistic_regression",
    rows: 100,
    metrics: linear === null ? null : classes(linear),
    reason: linear === null ? "there are too many columns" : null,
  },
});
const within = (score: Score, accuracy: [number, number]): Score => ({ ...score, intervals: { level: 0.9, accuracy } });
const valued = (r2: number, line: number): Score => {
  const values = (each: number) => ({ r2: each, rmse: 1, mae: 1, mape: 1 });
  return {
    ...scored(0, null),
    metrics: values(r2),
    baseline: { label: null, value: 3, metrics: values(0) },
    linear: { type: "ridge_regression", rows: 9, metrics: values(line), reason: null },
  };
};

describe("the verdict on a score", () => {
  it.each([
    [scored(0.8, 0.76), "ok", "It is better than always answering No and than a straight line"],
    [scored(0.8, null), "ok", "It is better than always answering No"],
    [scored(0.8, 0.8), "ok", "A straight line does as well"],
    [scored(0.8, 0.84), "warn", "A straight line does better: prefer it, or search for a better network"],
    [scored(0.65, 0.6), "bad", "It is no better than always answering No"],
    [scored(0.8, 0.84, "out_of_fold"), "warn", "A straight line does better: prefer it"],
    [within(scored(0.8, 0.84), [0.75, 0.85]), "ok", "A straight line does as well"],
    [within(scored(0.8, 0.84), [0.77, 0.83]), "warn", "A straight line does better: prefer it, or search for a better network"],
    [scored(1, 0.6, "train"), "warn", "No rows were held out: this says how well it remembers, not how well it predicts"],
    [valued(0.5, 0.2), "ok", "It is better than always answering the mean and than a straight line"],
    [valued(-0.1, 0.2), "bad", "It is no better than always answering the mean"],
  ])("%# is what the figures say", (score, tone, words) => {
    expect(verdictOf(score)).toEqual({ tone, words });
  });

  it("is none without a figure", () => {
    expect(verdictOf(scored(null, null))).toBeNull();
  });
});
