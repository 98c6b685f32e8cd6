/** Losses of two classes, one value an element; targets are 0, 1 or a probability. PyTorch's formulas and clamps. */
import { abs, add, customGradient, div, exp, log, log1p, maximum, mul, neg, sigmoid, sub, type Tensor } from "../graph.ts";
import { relu } from "../nn/activations.ts";

/** Smallest logarithm that enters the loss, so that a wrong certainty costs 100 instead of infinity. */
const SMALLEST_LOG = -100;
/** Smallest denominator of the gradient. */
const SMALLEST_VARIANCE = 1e-12;

/**
 * Cross-entropy of probabilities. Its gradient is that of ATen's binary_cross_entropy_backward, (x - t) / max((1 - x)x,
 * 1e-12): unlike the derivative of the clamped logarithms it does not vanish where they are clamped. Both tensors and the
 * result have the same shape.
 */
export function bce(probability: Tensor, target: Tensor): Tensor {
  const x = probability;
  const hit = mul(target, maximum(log(x), SMALLEST_LOG));
  const miss = mul(sub(target, 1), maximum(log1p(neg(x)), SMALLEST_LOG));
  const gradient = div(sub(x, target), maximum(mul(sub(1, x), x), SMALLEST_VARIANCE));
  return customGradient(sub(miss, hit), [x], [gradient]);
}

/**
 * Cross-entropy of sigmoid(x) without computing it, so that no logarithm loses digits: (1 - t)x + (1 + (w - 1)t) ln(1 +
 * e^-x), where w weighs the positive class. The gradient is written out for the same reason. Both tensors and the result have
 * the same shape.
 */
export function bceWithLogits(logit: Tensor, target: Tensor, posWeight: number): Tensor {
  const x = logit;
  const softplusOfMinus = add(log1p(exp(neg(abs(x)))), relu(neg(x)));
  const positive = posWeight === 1 ? target : mul(target, posWeight);
  const weight = posWeight === 1 ? undefined : add(sub(positive, target), 1);
  const times = (value: Tensor) => (weight ? mul(weight, value) : value);
  const value = add(mul(sub(1, target), x), times(softplusOfMinus));
  return customGradient(value, [x], [sub(times(sigmoid(x)), positive)]);
}
