/** Normalisation over features or over the batch, as PyTorch's functional forms define them. */
import { add, mul, reshape, rsqrt, sub, type Tensor } from "../graph.ts";
import { mean, variance } from "./functional.ts";

/** Normalises over the last axes, whose shape weight and bias have. */
export function layerNorm(x: Tensor, weight: Tensor, bias: Tensor, eps = 1e-5): Tensor {
  const axes = weight.shape.map((_, i) => x.shape.length - weight.shape.length + i);
  return add(mul(standardise(x, mean(x, axes, true), variance(x, axes, true, false), eps), weight), bias);
}

/** The statistics of a batch, one value per channel, for running averages (PyTorch averages the unbiased variance). */
export interface BatchStatistics {
  readonly mean: Tensor;
  readonly unbiasedVariance: Tensor;
}

/** Normalises x [n, channels, ...] over all axes but the second by the statistics of this batch. weight and bias are [channels]. */
export function batchNorm(
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  eps = 1e-5,
): { readonly output: Tensor; readonly statistics: BatchStatistics } {
  const axes = x.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]));
  const centre = mean(x, axes, true);
  const output = scaleChannels(standardise(x, centre, variance(x, axes, true, false), eps), weight, bias);
  return { output, statistics: { mean: reshape(centre, weight.shape), unbiasedVariance: variance(x, axes) } };
}

/** Normalises x [n, channels, ...] by given statistics, each [channels], as in evaluation mode. */
export function batchNormWith(x: Tensor, mean: Tensor, variance: Tensor, weight: Tensor, bias: Tensor, eps = 1e-5): Tensor {
  return scaleChannels(standardise(x, channels(mean, x), channels(variance, x), eps), weight, bias);
}

const standardise = (x: Tensor, mean: Tensor, variance: Tensor, eps: number): Tensor =>
  mul(sub(x, mean), rsqrt(add(variance, eps)));

const scaleChannels = (x: Tensor, weight: Tensor, bias: Tensor): Tensor => add(mul(x, channels(weight, x)), channels(bias, x));

/** Reshapes [channels] to [channels, 1, ...], to align with the second axis of x. */
const channels = (values: Tensor, x: Tensor): Tensor => reshape(values, [...values.shape, ...x.shape.slice(2).map(() => 1)]);
