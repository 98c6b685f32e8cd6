import { describe, expect, it } from "vitest";
import type { Range } from "../../../src/domain/models/intervals.ts";
import { scoreMetricsOf } from "../../../src/domain/models/score.ts";
import { afterStopping, foldScale } from "../../../src/training/certainty/fold-chance.ts";
import { withIntervals } from "../../../src/training/certainty/intervals.ts";
import { evaluate } from "../../../src/training/evaluate/evaluate.ts";

/** The intervals of a classifier of two classes that is right on the first `right` of so many rows, whose classes alternate. */
function intervalsOf(rows: number, right: number, ofSecond = rows / 2) {
  const targets = Float32Array.from({ length: rows }, (_, row) => (row < ofSecond ? 1 : 0));
  // Spread evenly, so that both classes are right as often.
  const isRight = (row: number) => Math.floor(((row + 1) * right) / rows) > Math.floor((row * right) / rows);
  const outputs = targets.map((label, row) => (isRight(row) === (label === 1) ? 0.9 : 0.1));
  const predicted = { rows, outputs, targets };
  return withIntervals(evaluate(predicted, ["no", "yes"]), predicted, ["no", "yes"], []).intervals;
}

describe("the interval of a figure", () => {
  it("is Wilson's for an accuracy: 48 of 60 rows", () => {
    const [low, high] = intervalsOf(60, 48)?.accuracy ?? [];
    expect(low).toBeCloseTo(0.70297, 4);
    expect(high).toBeCloseTo(0.87114, 4);
  });

  it("has room below a model that was right on every row", () => {
    const intervals = intervalsOf(30, 30);
    const square = 1.6448536 ** 2;
    expect(intervals?.accuracy).toEqual([expect.closeTo(30 / (30 + square), 6), expect.closeTo(1, 12)]);
    for (const figure of ["balanced_accuracy", "f1", "roc_auc", "pr_auc"] as const) {
      expect(intervals?.[figure]?.[0], figure).toBeLessThan(0.95);
      expect(intervals?.[figure]?.[1], figure).toBeCloseTo(1, 12);
    }
  });

  it("of R2 ends at 1, however far one target is from the others", () => {
    const targets = Float32Array.from({ length: 10 }, (_, row) => (row === 9 ? 10 : 0));
    const outputs = targets.map((target, row) => target + (row % 2 === 0 ? 0.7 : -0.7));
    const values = { rows: 10, outputs, targets };
    const [low, high] = withIntervals(evaluate(values, []), values, [], []).intervals?.r2 ?? [];
    expect(low).toBeLessThan(0.95);
    expect(high).toBe(1);
  });

  it("is left out of figures whose chance is not known: few rows, few rows of a class, and relative errors", () => {
    expect(intervalsOf(9, 8)).toBeUndefined();
    expect(Object.keys(intervalsOf(60, 48, 4) ?? {})).toEqual(["level", "accuracy", "log_loss"]);
    const values = { rows: 20, outputs: new Float32Array(20), targets: Float32Array.from({ length: 20 }, (_, row) => row) };
    const intervals = withIntervals(evaluate(values, []), values, [], []).intervals;
    expect(Object.keys(intervals ?? {})).toEqual(["level", "r2", "rmse", "mae"]);
  });
});

describe("folds that stopped by the rows that they hold out", () => {
  const rows = 50;
  const losses = Float64Array.from({ length: rows }, (_, row) => (row % 2 === 0 ? 0.1 : 0.7));
  const centred = (values: Float64Array, value: number) => ({ value, rows: values.map((each) => each - value) });
  const loss = centred(losses, 0.4);

  it("are too good by k / n of log loss, and at most by 3.84 times that", () => {
    const [from, to] = afterStopping([0.4, 0.4], loss, loss, { folds: 5, unit: 1 }) ?? [0, 0];
    expect(from).toBeCloseTo(0.4, 10);
    expect(to).toBeCloseTo(0.4 + 3.8415 * (5 / rows), 4);
  });

  it("have other figures move as these do with the loss, and none without chance among the rows", () => {
    const share = centred(
      losses.map((each) => (each > 0.4 ? 0 : 1)),
      0.5,
    );
    const [from, to] = afterStopping([0.5, 0.5], share, loss, { folds: 5, unit: 1 }) ?? [0, 0];
    expect(to).toBeCloseTo(0.5, 10);
    expect(from).toBeCloseTo(0.5 - (3.8415 * (5 / rows)) / 0.6, 4);
    const equal = centred(new Float64Array(rows).fill(0.4), 0.4);
    expect(afterStopping([0.3, 0.5], equal, equal, { folds: 5, unit: 1 })).toEqual([0.3, 0.5]);
  });
});

describe("chance among folds", () => {
  const influence = (values: readonly number[]) => {
    const value = values.reduce((sum, each) => sum + each / values.length, 0);
    return { value, rows: Float64Array.from(values, (each) => each - value) };
  };
  /** What models of p parameters and n rows have: the optimism p / n. */
  const scaleOf = (losses: readonly number[], optimism: number, folds = 5) =>
    foldScale(influence(losses), influence(losses.map((loss) => loss - optimism)), folds, 1) ** 2;

  it("adds (k / (k - 1) + 1 / 2) p / n to the variance of the loss", () => {
    const losses = [0.1, 0.1, 0.9, 0.9];
    expect(scaleOf(losses, 0.08)).toBeCloseTo(1 + (1.25 + 0.5) * (0.08 / 0.16), 10);
    expect(scaleOf(losses, 0.08, 2)).toBeCloseTo(1 + (2 + 0.5) * (0.08 / 0.16), 10);
  });

  it("is bounded for predictions that are nearly the same, and adds nothing where losses are equal or rows that were seen are no better", () => {
    expect(scaleOf([0.7, 0.7001], 0.01)).toBeCloseTo(1 + 1.75, 10);
    expect(scaleOf([0.7, 0.7], 0.1)).toBe(1);
    expect(scaleOf([0.1, 0.9], -0.1)).toBe(1);
  });

  it("leaves the score in its interval, however much better rows that were seen are", () => {
    const rows = 40;
    const targets = Float32Array.from({ length: rows }, (_, row) => row % 2);
    const outputs = targets.map((label, row) => (row % 5 === 0 ? 0.6 - label / 5 : 0.3 + 0.4 * label));
    const predicted = { rows, outputs, targets };
    const seen = { served: targets.map((label) => 0.01 + 0.98 * label), folds: 5, stopped: true };
    const evaluation = withIntervals(evaluate(predicted, ["no", "yes"]), predicted, ["no", "yes"], [], seen);
    const plain = withIntervals(evaluate(predicted, ["no", "yes"]), predicted, ["no", "yes"], []).intervals;
    const scores: Partial<Record<string, number | null>> = scoreMetricsOf(evaluation);
    const { level: _, ...ranges } = evaluation.intervals ?? { level: 0 };
    expect(Object.keys(ranges)).toHaveLength(7);
    for (const [figure, [low, high]] of Object.entries(ranges as Record<string, Range>)) {
      expect(scores[figure], figure).toBeGreaterThanOrEqual(low);
      expect(scores[figure], figure).toBeLessThanOrEqual(high);
      const [from, to] = plain?.[figure as keyof typeof ranges] ?? [0, 0];
      expect(high - low, figure).toBeGreaterThan(to - from);
    }
  });
});
