import { describe, expect, test } from "vitest";
import { compile, grad, graph, nn, type Tensor } from "../../../src/engine/index.ts";
import { gradientAt, valuesAt } from "../evaluate.ts";

const ACTIVATIONS: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  relu: nn.relu,
  leakyRelu: nn.leakyRelu,
  elu: nn.elu,
  selu: nn.selu,
  gelu: nn.gelu,
  "gelu, tanh": (x) => nn.gelu(x, "tanh"),
  silu: nn.silu,
  mish: nn.mish,
  softplus: nn.softplus,
  "softplus, beta 3": (x) => nn.softplus(x, 3),
  logsigmoid: nn.logsigmoid,
  hardtanh: nn.hardtanh,
  clamp: (x) => nn.clamp(x, -1, 1),
  sigmoid: nn.sigmoid,
  tanh: nn.tanh,
};

/** Slopes as formulas without cancellation, where PyTorch's float32 keeps its digits too. */
const SLOPES: Readonly<Record<string, (x: number) => number>> = {
  relu: (x) => (x > 0 ? 1 : 0),
  leakyRelu: (x) => (x > 0 ? 1 : 0.01),
  elu: (x) => (x > 0 ? 1 : Math.exp(x)),
  selu: (x) => 1.0507009873554805 * (x > 0 ? 1 : 1.6732632423543772 * Math.exp(x)),
  softplus: (x) => (x > 20 ? 1 : 1 / (1 + Math.exp(-x))),
  logsigmoid: (x) => 1 / (1 + Math.exp(x)),
};

describe("activations in float32", () => {
  const points = Array.from({ length: 29 }, (_, index) => -30 + (60 * index) / 28);

  /** The compiled gradient of the sum of f's elements. */
  function compiledGradient(apply: (x: Tensor) => Tensor): Float32Array {
    const x = graph.constant(points);
    const program = { outputs: { slope: grad(graph.sum(apply(x)), [x])[0] as Tensor } };
    return compile({ main: program }).step("main").slope as Float32Array;
  }

  for (const [name, slope] of Object.entries(SLOPES)) {
    test(`${name} keeps the digits of its slope from -30 to 30`, () => {
      compiledGradient(ACTIVATIONS[name] as (x: Tensor) => Tensor).forEach((found, index) => {
        const expected = slope(points[index] as number);
        expect(Math.abs(found - expected)).toBeLessThanOrEqual(1e-6 * Math.abs(expected));
      });
    });
  }

  // PyTorch's own formulas lose digits in these tails (1 - t², 1 + erf): what is left is within rounding of 1.
  for (const name of Object.keys(ACTIVATIONS).filter((each) => !(each in SLOPES))) {
    test(`${name} has the slope of float64 within rounding from -30 to 30`, () => {
      const exact = gradientAt(ACTIVATIONS[name] as (x: Tensor) => Tensor, points);
      compiledGradient(ACTIVATIONS[name] as (x: Tensor) => Tensor).forEach((found, index) => {
        expect(Math.abs(found - (exact[index] as number))).toBeLessThanOrEqual(2e-6);
      });
    });
  }
});

describe("activations", () => {
  for (const [name, apply] of Object.entries(ACTIVATIONS)) {
    test(`${name} passes NaN and stays finite, with finite slopes, at large arguments`, () => {
      expect(valuesAt(apply, [Number.NaN])).toEqual([Number.NaN]);
      const far = [-1e4, -700, -90, 90, 700, 1e4];
      expect(valuesAt(apply, far).every(Number.isFinite)).toBe(true);
      expect(gradientAt(apply, far).every(Number.isFinite)).toBe(true);
    });

    test(`${name} has the slope that differences give`, () => {
      const points = [-3.3, -0.7, -0.2, 0.3, 0.9, 2.1];
      const h = 1e-5;
      const above = valuesAt(
        apply,
        points.map((x) => x + h),
      );
      const below = valuesAt(
        apply,
        points.map((x) => x - h),
      );
      gradientAt(apply, points).forEach((slope, i) => {
        expect(Math.abs(slope - ((above[i] as number) - (below[i] as number)) / (2 * h))).toBeLessThan(1e-8);
      });
    });
  }

  test("slopes at the kinks are PyTorch's", () => {
    expect(gradientAt(nn.relu, [0])).toEqual([0]);
    expect(gradientAt((x) => nn.leakyRelu(x, 0.2), [0])).toEqual([0.2]);
    expect(gradientAt((x) => nn.elu(x, 2), [0])).toEqual([2]);
    expect(gradientAt(nn.hardtanh, [-1, 1])).toEqual([0, 0]);
    expect(gradientAt((x) => nn.clamp(x, -1, 1), [-1, 1, 2])).toEqual([1, 1, 0]);
    expect(gradientAt(nn.softplus, [0])).toEqual([0.5]);
  });

  test("softplus is the identity above its threshold", () => {
    expect(valuesAt(nn.softplus, [20.001, 1000])).toEqual([20.001, 1000]);
    expect(valuesAt((x) => nn.softplus(x, 2, 4), [2.001])).toEqual([2.001]);
    expect(gradientAt((x) => nn.softplus(x, 2, 4), [2.001, 3])).toEqual([1, 1]);
  });

  test("small arguments keep their digits", () => {
    expect(valuesAt(nn.elu, [-1e-12])[0]).toBeCloseTo(Math.expm1(-1e-12), 26);
    expect(valuesAt(nn.softplus, [-50])[0]).toBeCloseTo(Math.exp(-50), 36);
    expect(valuesAt(nn.logsigmoid, [50])[0]).toBeCloseTo(-Math.exp(-50), 36);
  });
});
