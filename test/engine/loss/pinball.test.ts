import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createLoss, graph as g, grad, type Tensor } from "../../../src/engine/index.ts";
import numpy from "../../fixtures/losses/pinball.json" with { type: "json" };
import { expectSame } from "../compiler/comparison.ts";
import { valuesOf } from "../evaluate.ts";

const { quantiles } = numpy;
const prediction = g.constant(numpy.prediction, [9, 4]);
const target = g.constant(numpy.target, [9, 1]);
const value = (tensor: Tensor) => valuesOf(tensor)[0] as number;

describe("the pinball loss", () => {
  it("is NumPy's formula, reduced and weighted", () => {
    const loss = createLoss({ type: "pinball", quantiles });
    expect(value(loss(prediction, target))).toBeCloseTo(numpy.mean, 14);
    expect(value(loss(prediction, target, g.constant(numpy.weights)))).toBeCloseTo(numpy.weighted, 14);
    const summed = createLoss({ type: "pinball", quantiles, reduction: "sum" });
    expect(value(summed(prediction, target))).toBeCloseTo(numpy.sum, 13);
    const [gradient] = grad(loss(prediction, target), [prediction]) as [Tensor];
    valuesOf(gradient).forEach((slope, at) => {
      expect(slope).toBeCloseTo(numpy.gradient[at] as number, 14);
    });
  });

  it("has the gradient of finite differences away from its kinks", () => {
    const eighths = fc.integer({ min: -40, max: 40 }).map((count) => count / 8);
    fc.assert(
      fc.property(fc.array(eighths, { minLength: 6, maxLength: 6 }), fc.tuple(eighths, eighths), (values, targets) => {
        const loss = createLoss({ type: "pinball", quantiles: [0.1, 0.5, 0.75], reduction: "sum" });
        // Targets lie between the eighths: no difference is 0 within a step.
        const actual = g.constant(
          targets.map((each) => each + 1 / 16),
          [2, 1],
        );
        const at = (given: readonly number[]) => g.constant(given, [2, 3]);
        const own = at(values);
        const gradient = valuesOf(grad(loss(own, actual), [own])[0] as Tensor);
        const step = 1 / 64;
        values.forEach((_, place) => {
          const moved = (by: number) => value(loss(at(values.map((each, i) => (i === place ? each + by : each))), actual));
          expect(gradient[place]).toBeCloseTo((moved(step) - moved(-step)) / (2 * step), 10);
        });
      }),
      { numRuns: 50 },
    );
  });

  it.each([1, 2, 7, 33])("of %i rows gives the same weights compiled and interpreted", (rows) => {
    const [x, y, w] = [g.state("x", [rows, 5]), g.state("y", [rows, 1]), g.state("w", [3, 5])];
    const loss = createLoss({ type: "pinball", quantiles: [0.05, 0.5, 0.95] })(g.matmul(x, w, { transposeB: true }), y);
    const [gradient] = grad(loss, [w]) as [Tensor];
    expectSame({ main: { outputs: { loss }, updates: [{ state: w, next: g.sub(w, g.mul(gradient, 0.125)) }] } });
  });

  it("refuses predictions and targets of other shapes", () => {
    const loss = createLoss({ type: "pinball", quantiles: [0.5, 0.9] });
    expect(() => loss(prediction, target)).toThrow("pinball takes [rows, 2] and [rows, 1], not [9,4] and [9,1]");
    expect(() => loss(g.constant([1, 2], [1, 2]), g.constant([1, 2], [1, 2]))).toThrow("[rows, 1]");
  });
});
