import { describe, expect, test } from "vitest";
import { createLoss, graph as g, grad, type LossSpec, type Tensor } from "../../../src/engine/index.ts";
import { valuesOf } from "../evaluate.ts";

const lossOf = (spec: LossSpec, prediction: Tensor, target: Tensor) =>
  valuesOf(createLoss(spec)(prediction, target))[0] as number;
const gradientOf = (spec: LossSpec, prediction: Tensor, target: Tensor) =>
  valuesOf(grad(createLoss(spec)(prediction, target), [prediction])[0] as Tensor);
const infinity = Number.POSITIVE_INFINITY;

describe("losses", () => {
  test("reduce by the mean unless told to sum", () => {
    const [prediction, target] = [g.constant([1, 2, 4]), g.constant([1, 1, 1])];
    expect(lossOf({ type: "mse" }, prediction, target)).toBeCloseTo(10 / 3, 14);
    expect(lossOf({ type: "mse", reduction: "sum" }, prediction, target)).toBe(10);
    expect(lossOf({ type: "l1" }, prediction, target)).toBeCloseTo(4 / 3, 14);
  });

  test("huber and smooth_l1 join the square and the line at their thresholds", () => {
    const target = g.constant([0, 0, 0]);
    const prediction = g.constant([0.5, 2, -3]);
    expect(lossOf({ type: "huber", delta: 2, reduction: "sum" }, prediction, target)).toBe(0.125 + 2 + 4);
    expect(gradientOf({ type: "huber", delta: 2, reduction: "sum" }, prediction, target)).toEqual([0.5, 2, -2]);
    expect(lossOf({ type: "smooth_l1", beta: 2, reduction: "sum" }, prediction, target)).toBe(0.0625 + 1 + 2);
    expect(lossOf({ type: "smooth_l1", beta: 0 }, prediction, target)).toBe(5.5 / 3);
  });

  test("bce costs 100 for a wrong certainty, and its gradient stays as large as ATen makes it", () => {
    const spec: LossSpec = { type: "bce", reduction: "sum" };
    const prediction = g.constant([0, 1, 1, 0]);
    const target = g.constant([1, 0, 1, 0]);
    expect(lossOf(spec, prediction, target)).toBe(200);
    const [wrong, alsoWrong, ...right] = gradientOf(spec, prediction, target) as [number, number, number, number];
    expect(wrong / -1e12).toBeCloseTo(1, 14);
    expect(alsoWrong / 1e12).toBeCloseTo(1, 14);
    expect(right).toEqual([0, 0]);
    expect(lossOf(spec, g.constant([Number.NaN]), g.constant([1]))).toBeNaN();
  });

  test("bce_with_logits is exact where the probability would round to 0 or 1", () => {
    const spec: LossSpec = { type: "bce_with_logits", reduction: "sum" };
    expect(lossOf(spec, g.constant([800]), g.constant([0]))).toBe(800);
    expect(lossOf(spec, g.constant([-800]), g.constant([1]))).toBe(800);
    expect(lossOf(spec, g.constant([50]), g.constant([1])) / Math.exp(-50)).toBeCloseTo(1, 12);
    expect(gradientOf(spec, g.constant([800, -800]), g.constant([0, 1]))).toEqual([1, -1]);
    expect(lossOf({ ...spec, pos_weight: 3 }, g.constant([0, 0]), g.constant([1, 0]))).toBeCloseTo(4 * Math.LN2, 14);
  });

  test("bce of a sigmoid and bce_with_logits are the same function", () => {
    const logits = g.constant([-3, -0.5, 0.2, 4]);
    const target = g.constant([0, 1, 0.3, 1]);
    expect(lossOf({ type: "bce" }, g.sigmoid(logits), target)).toBeCloseTo(
      lossOf({ type: "bce_with_logits" }, logits, target),
      13,
    );
    const through = valuesOf(grad(createLoss({ type: "bce" })(g.sigmoid(logits), target), [logits])[0] as Tensor);
    gradientOf({ type: "bce_with_logits" }, logits, target).forEach((value, i) => {
      expect(through[i]).toBeCloseTo(value, 13);
    });
  });

  test("cross_entropy takes class numbers, weights and smoothing", () => {
    const logits = g.constant([Math.log(1), Math.log(2), Math.log(5), 0, 0, 0], [2, 3]);
    const target = g.constant([2, 0]);
    expect(lossOf({ type: "cross_entropy" }, logits, target)).toBeCloseTo((Math.log(8 / 5) + Math.log(3)) / 2, 14);
    const weighted = (2 * Math.log(8 / 5) + 0.5 * Math.log(3)) / 2.5;
    expect(lossOf({ type: "cross_entropy", weight: [0.5, 1, 2] }, logits, target)).toBeCloseTo(weighted, 14);
    const even = (Math.log(8) + Math.log(4) + Math.log(8 / 5)) / 3;
    const smoothed = (0.7 * Math.log(8 / 5) + 0.3 * even + Math.log(3)) / 2;
    expect(lossOf({ type: "cross_entropy", label_smoothing: 0.3 }, logits, target)).toBeCloseTo(smoothed, 14);
  });

  test("cross_entropy of rows whose classes weigh nothing is 0, and its gradient too", () => {
    const spec: LossSpec = { type: "cross_entropy", weight: [0, 1] };
    const logits = g.constant([3, -1, 0.5, 2], [2, 2]);
    expect(lossOf(spec, logits, g.constant([0, 0]))).toBe(0);
    expect(gradientOf(spec, logits, g.constant([0, 0])).every((slope) => slope === 0)).toBe(true);
    expect(lossOf(spec, logits, g.constant([0, 1]))).toBeCloseTo(Math.log(1 + Math.exp(-1.5)), 14);
  });

  test("cross_entropy ignores classes of probability 0, unless one is the target", () => {
    const logits = g.constant([0, -infinity], [1, 2]);
    expect(lossOf({ type: "cross_entropy" }, logits, g.constant([0]))).toBe(0);
    expect(gradientOf({ type: "cross_entropy" }, logits, g.constant([0]))).toEqual([0, 0]);
    expect(lossOf({ type: "cross_entropy" }, logits, g.constant([1]))).toBe(infinity);
  });

  test("shapes that would only fit by broadcasting are refused", () => {
    const spec: LossSpec = { type: "mse" };
    expect(() => createLoss(spec)(g.constant([1, 2], [2, 1]), g.constant([1, 2]))).toThrow(g.GraphError);
    const logits = g.constant([1, 2, 3, 4], [2, 2]);
    expect(() => createLoss({ type: "cross_entropy" })(logits, g.constant([1, 2, 3]))).toThrow(g.GraphError);
    expect(() => createLoss({ type: "cross_entropy", weight: [1] })(logits, g.constant([1, 0]))).toThrow(/weights/);
  });
});
