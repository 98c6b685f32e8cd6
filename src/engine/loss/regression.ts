/** Elementwise regression losses, with PyTorch's formulas. */
import { abs, constant, div, GraphError, less, mul, sub, type Tensor, where } from "../graph.ts";
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

/**
 * The pinball loss of quantiles: q (y - p) where the target y is at or above the prediction p, and (1 - q) (p - y) below it. Predictions and the
 * result are [rows, quantiles], targets [rows, 1]. The formula of scikit-learn's mean_pinball_loss, the mean over all quantiles (Koenker and
 * Bassett, "Regression quantiles", 1978). Throws a GraphError for other shapes.
 */
export function pinball(prediction: Tensor, target: Tensor, quantiles: readonly number[]): Tensor {
  const [rows] = prediction.shape as [number];
  if (prediction.shape.join() !== [rows, quantiles.length].join() || target.shape.join() !== [rows, 1].join())
    throw new GraphError(
      `pinball takes [rows, ${quantiles.length}] and [rows, 1], not [${prediction.shape}] and [${target.shape}]`,
    );
  const difference = sub(target, prediction);
  const slope = where(less(difference, 0), constant(quantiles.map((quantile) => quantile - 1)), constant(quantiles));
  return mul(difference, slope);
}
