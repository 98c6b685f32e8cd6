import { expect, it } from "vitest";
import { scoreFigures, scoreSentence } from "../../src/client/score.ts";
import type { Score } from "../../src/domain/models/score.ts";

const format = {
  share: (value: number) => `${(100 * value).toFixed(1)} %`,
  value: String,
  decimal: (value: number) => value.toFixed(3),
  count: String,
};

const classes = (accuracy: number) => ({
  ...{ accuracy, balanced_accuracy: 0.5, f1: 0.5, log_loss: null, roc_auc: 0.5, pr_auc: 0.5 },
});
const churn: Score = {
  part: "test",
  rows: 80,
  metrics: classes(0.863),
  baseline: { label: "No", value: null, metrics: classes(0.65) },
  linear: { type: "logistic_regression", rows: 320, metrics: classes(0.7625), reason: null },
};
const values = (r2: number | null) => ({ r2, rmse: 2, mae: 1, mape: 0.5 });
const price: Score = {
  part: "train",
  rows: 1,
  metrics: values(0.8),
  baseline: { label: null, value: 3, metrics: values(-1e-9) },
  linear: { type: "ridge_regression", rows: null, metrics: null, reason: "2000 columns are more than 1024" },
};

it.each([
  [churn, "86.3 % on 80 rows it has not seen (always No: 65.0 %, a straight line: 76.3 %)"],
  [{ ...churn, part: "validation" }, "86.3 % on 80 rows it was not trained on (always No: 65.0 %, a straight line: 76.3 %)"],
  [
    { ...churn, part: "out_of_fold" },
    "86.3 % on 80 rows, each predicted out of fold (always No: 65.0 %, a straight line: 76.3 %)",
  ],
  [price, "R² 0.800 on the 1 row it was trained on, since none were held out (always the mean: 0.000)"],
  [{ ...price, metrics: values(null) }, "RMSE 2 on the 1 row it was trained on, since none were held out (always the mean: 2)"],
] as const)("a score is one sentence: %#", (score, sentence) => {
  expect(scoreSentence(score as Score, format)).toBe(sentence);
});

it("has the figures of its task, each beside those of the baseline and of the line", () => {
  expect(scoreFigures(churn).map(({ name }) => name)).toEqual([
    ...["accuracy", "balanced_accuracy", "f1", "roc_auc", "pr_auc", "log_loss"],
  ]);
  expect(scoreFigures(price)[0]).toMatchObject({ name: "r2", model: 0.8, baseline: -1e-9, linear: null });
});
