/**
 * Elementwise activation functions, composed of primitives, with PyTorch's names, defaults and gradients at the kinks. All of
 * them propagate NaN.
 */
import {
  abs,
  add,
  customGradient,
  div,
  erf,
  exp,
  less,
  lessEqual,
  log1p,
  mul,
  neg,
  sigmoid,
  sub,
  type Tensor,
  tanh,
  where,
} from "../graph.ts";

const SELU_ALPHA = 1.6732632423543772;
const SELU_SCALE = 1.0507009873554805;

/** max(x, 0), with slope 0 at 0; elementwise. */
export const relu = (x: Tensor): Tensor => where(lessEqual(x, 0), 0, x);

/** x above 0, negativeSlope · x below; elementwise. */
export const leakyRelu = (x: Tensor, negativeSlope = 0.01): Tensor => where(less(0, x), x, mul(x, negativeSlope));

/** x above 0, alpha (eˣ - 1) below, of x's shape. */
export function elu(x: Tensor, alpha = 1): Tensor {
  const isNegative = lessEqual(x, 0);
  // The unselected branch must stay finite: its gradient, 0 times infinity, would be NaN.
  const negative = where(isNegative, x, 0);
  const value = where(isNegative, mul(expm1(negative), alpha), x);
  // The chain rule would compute the slope as a difference of numbers near 1, with no correct digits below x = -12.
  return customGradient(value, [x], [where(isNegative, mul(exp(negative), alpha), 1)]);
}

/** eˣ - 1 = 2 tanh(x/2) / (1 - tanh(x/2)) for x <= 0, without cancellation near 0. The caller supplies the gradient. */
function expm1(x: Tensor): Tensor {
  const t = tanh(mul(x, 0.5));
  return div(mul(t, 2), sub(1, t));
}

/** The scaled elu that preserves mean 0 and variance 1; elementwise. Klambauer et al., "Self-normalizing neural networks", 2017. */
export const selu = (x: Tensor): Tensor => mul(elu(x, SELU_ALPHA), SELU_SCALE);

/** x Φ(x), with Φ the standard normal distribution function, exact or in the tanh approximation; elementwise. */
export function gelu(x: Tensor, approximate: "none" | "tanh" = "none"): Tensor {
  const cumulative =
    approximate === "none"
      ? erf(mul(x, Math.SQRT1_2))
      : tanh(mul(add(x, mul(mul(mul(x, x), x), 0.044715)), Math.sqrt(2 / Math.PI)));
  return mul(mul(x, 0.5), add(cumulative, 1));
}

/** x · sigmoid(x); elementwise. */
export const silu = (x: Tensor): Tensor => mul(x, sigmoid(x));

/** x · tanh(softplus(x)); elementwise. Misra, "Mish: a self regularized non-monotonic activation function", 2019. */
export const mish = (x: Tensor): Tensor => mul(x, tanh(softplus(x)));

/** ln(1 + e^(beta x)) / beta, and x where beta x exceeds the threshold; elementwise. */
export function softplus(x: Tensor, beta = 1, threshold = 20): Tensor {
  const z = beta === 1 ? x : mul(x, beta);
  const linear = less(threshold, z);
  const soft = log1pExp(z);
  return customGradient(where(linear, x, beta === 1 ? soft : mul(soft, 1 / beta)), [x], [where(linear, 1, sigmoid(z))]);
}

/** ln(sigmoid(x)), without overflow; elementwise. */
export const logsigmoid = (x: Tensor): Tensor => customGradient(neg(log1pExp(neg(x))), [x], [sigmoid(neg(x))]);

/** ln(1 + eᶻ), without overflow. The caller supplies the gradient. */
const log1pExp = (z: Tensor): Tensor => add(relu(z), log1p(exp(neg(abs(z)))));

/** x clamped to low..high, with slope 0 at the bounds; elementwise. */
export const hardtanh = (x: Tensor, low = -1, high = 1): Tensor =>
  where(lessEqual(x, low), low, where(lessEqual(high, x), high, x));

/** x clamped to low..high, with slope 1 at the bounds; elementwise. */
export const clamp = (x: Tensor, low: number, high: number): Tensor => where(less(x, low), low, where(less(high, x), high, x));
