/** Elementwise losses of two classes, with PyTorch's formulas and clamps. Targets are 0, 1 or a probability. */
import { abs, add, customGradient, div, exp, log, log1p, maximum, mul, neg, sigmoid, sub, type Tensor } from "../graph.ts";
import { relu } from "../nn/activations.ts";

/** Lower clamp of the logarithms: a confident error costs 100 instead of infinity. */
const SMALLEST_LOG = -100;
/** Lower clamp of the gradient's denominator. */
const SMALLEST_VARIANCE = 1e-12;

/**
 * Cross-entropy of probabilities. The gradient is that of ATen's binary_cross_entropy_backward, (x - t) / max((1 - x)x,
 * 1e-12), which does not vanish where the logarithms are clamped. Both tensors and the result have the same shape.
 */
export function bce(probability: Tensor, target: Tensor): Tensor {
  const x = probability;
  const hit = mul(target, maximum(log(x), SMALLEST_LOG));
  const miss = mul(sub(target, 1), maximum(log1p(neg(x)), SMALLEST_LOG));
  const gradient = div(sub(x, target), maximum(mul(sub(1, x), x), SMALLEST_VARIANCE));
  return customGradient(sub(miss, hit), [x], [gradient]);
}

/**
 * Cross-entropy of sigmoid(x), computed without the sigmoid to avoid cancellation: (1 - t)x + (1 + (w - 1)t) ln(1 + e^-x),
 * where w is the weight of the positive class. The gradient is explicit for the same reason. Both tensors and the result
 * have the same shape.
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
