/** Elementwise regression losses, with PyTorch's formulas. */
import { abs, div, less, mul, sub, type Tensor, where } from "../graph.ts";
import { square } from "../nn/functional.ts";

/** The squared difference, elementwise. */
export const mse = (prediction: Tensor, target: Tensor): Tensor => square(sub(prediction, target));

/** The absolute difference, elementwise. */
export const l1 = (prediction: Tensor, target: Tensor): Tensor => abs(sub(prediction, target));

/** Half the squared difference below delta > 0, and linear with slope delta above; elementwise. */
export function huber(prediction: Tensor, target: Tensor, delta: number): Tensor {
  const difference = sub(prediction, target);
  const distance = abs(difference);
  return where(less(distance, delta), mul(square(difference), 0.5), mul(sub(distance, 0.5 * delta), delta));
}

/** The Huber loss divided by beta >= 0; l1 for beta 0. Elementwise. */
export function smoothL1(prediction: Tensor, target: Tensor, beta: number): Tensor {
  if (beta === 0) return l1(prediction, target);
  const difference = sub(prediction, target);
  const distance = abs(difference);
  return where(less(distance, beta), div(mul(square(difference), 0.5), beta), sub(distance, 0.5 * beta));
}
