import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { graph as g, nn, type Tensor } from "../../../src/engine/index.ts";
import { gradientAt, valuesAt, valuesOf } from "../evaluate.ts";

const numbers = fc.array(fc.double({ min: -50, max: 50, noNaN: true }), { minLength: 1, maxLength: 8 });
const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
const infinity = Number.POSITIVE_INFINITY;

describe("functions of tensors", () => {
  test("softmax is a distribution that does not change when all logits move together", () => {
    fc.assert(
      fc.property(numbers, fc.double({ min: -1e6, max: 1e6, noNaN: true }), (x, shift) => {
        const p = valuesAt((t) => nn.softmax(t, 0), x);
        expect(total(p)).toBeCloseTo(1, 12);
        const moved = valuesAt((t) => nn.softmax(g.add(t, shift), 0), x);
        p.forEach((value, i) => {
          expect(moved[i]).toBeCloseTo(value, 8);
        });
      }),
    );
  });

  test("log_softmax and logsumexp agree with the logarithms that they avoid", () => {
    fc.assert(
      fc.property(numbers, (x) => {
        const lse = Math.log(total(x.map(Math.exp)));
        expect(valuesAt((t) => nn.logsumexp(t, [0]), x)[0]).toBeCloseTo(lse, 10);
        valuesAt((t) => nn.logSoftmax(t, 0), x).forEach((value, i) => {
          expect(value).toBeCloseTo((x[i] as number) - lse, 10);
        });
      }),
    );
    expect(valuesAt((t) => nn.logSoftmax(t, 0), [1e4, 0])).toEqual([0, -1e4]);
  });

  test("logsumexp takes infinities", () => {
    expect(valuesAt((t) => nn.logsumexp(t, [0]), [-infinity, -infinity])).toEqual([-infinity]);
    expect(valuesAt((t) => nn.logsumexp(t, [0]), [infinity, 1])).toEqual([infinity]);
    expect(valuesAt((t) => nn.logsumexp(t, [0]), [-infinity, 3])).toEqual([3]);
  });

  test("pow takes whole, half and any exponents", () => {
    for (const exponent of [0, 1, 2, 3, 0.5, 2.5, -1, -1.5, 1.7, 9, 20])
      valuesAt((x) => nn.pow(x, exponent), [0.3, 1, 2.2]).forEach((value, i) => {
        const exact = ([0.3, 1, 2.2][i] as number) ** exponent;
        expect(Math.abs(value / exact - 1)).toBeLessThan(1e-14);
      });
    expect(valuesAt((x) => nn.pow(x, 3), [-2])).toEqual([-8]);
    expect(gradientAt((x) => nn.pow(x, 2), [0])).toEqual([0]);
  });

  test("cat puts tensors of different lengths after one another, in order", () => {
    const a = g.constant([1, 2], [1, 2]);
    const b = g.constant([3, 4, 5, 6], [2, 2]);
    expect(valuesOf(nn.cat([a, b], 0))).toEqual([1, 2, 3, 4, 5, 6]);
    expect(valuesOf(nn.cat([b, g.constant([7, 8], [2, 1])], -1))).toEqual([3, 4, 7, 5, 6, 8]);
    expect(() => nn.cat([], 0)).toThrow(g.GraphError);
  });

  test("linear takes any number of leading axes", () => {
    const weight = g.constant([1, 2, 3, 4, 5, 6], [3, 2]);
    const bias = g.constant([10, 20, 30]);
    expect(valuesOf(nn.linear(g.constant([1, 1]), weight, bias))).toEqual([13, 27, 41]);
    const batched = nn.linear(g.constant([1, 1, 0, 1, 1, 0, 0, 0], [2, 2, 2]), weight);
    expect(batched.shape).toEqual([2, 2, 3]);
    expect(valuesOf(batched)).toEqual([3, 7, 11, 2, 4, 6, 1, 3, 5, 0, 0, 0]);
  });

  test("element gather selects, so that what is not selected may be infinite", () => {
    const x = g.constant([infinity, 2, 3, Number.NaN], [2, 2]);
    expect(valuesOf(nn.gatherElements(x, 1, g.constant([1, 0], [2, 1])))).toEqual([2, 3]);
    expect(valuesOf(nn.gatherElements(x, 0, g.constant([1, 0], [1, 2])))).toEqual([3, 2]);
  });

  test("max pooling gives the gradient to the first of equal elements, and lets NaN through", () => {
    const pooled = (x: Tensor) => nn.maxPool2d(g.reshape(x, [1, 1, 2, 2]), 2);
    expect(gradientAt(pooled, [1, 3, 3, 3])).toEqual([0, 1, 0, 0]);
    expect(valuesAt(pooled, [1, Number.NaN, 3, 2])).toEqual([Number.NaN]);
    expect(() => nn.maxPool2d(g.constant([1, 2], [1, 1, 1, 2]), 2)).toThrow(/kernel/);
  });

  test("batch normalisation by its own statistics equals that by the statistics it reports", () => {
    const x = g.constant(
      Array.from({ length: 24 }, (_, i) => Math.sin(3 * i)),
      [4, 3, 2],
    );
    const [weight, bias] = [g.constant([1, 2, 3]), g.constant([0, -1, 1])];
    const { output, statistics } = nn.batchNorm(x, weight, bias);
    const biased = g.mul(statistics.unbiasedVariance, 7 / 8);
    const again = valuesOf(nn.batchNormWith(x, statistics.mean, biased, weight, bias));
    valuesOf(output).forEach((value, i) => {
      expect(again[i]).toBeCloseTo(value, 12);
    });
  });
});
