/** Normalisation layers: batch norm, with running statistics for evaluation, and layer norm over each row. */
import { add, constant, GraphError, mul, type Shape, sizeOf, type Tensor } from "../../graph.ts";
import { initialiser } from "../initialisers.ts";
import { batchNorm as applyBatch, layerNorm as applyLayer, batchNormWith } from "../normalisation.ts";
import { type LayerContext, type LayerTensor, type LayerType, shapeText } from "./layer.ts";

export interface BatchNormSpec {
  readonly type: "batch_norm";
  /** Default 1e-5. */
  readonly eps?: number | undefined;
  /** Weight of the newest batch in the running statistics. Default 0.1. */
  readonly momentum?: number | undefined;
  /** Whether it has a weight and a bias. Default true. */
  readonly affine?: boolean | undefined;
}

export interface LayerNormSpec {
  readonly type: "layer_norm";
  /** Default 1e-5. */
  readonly eps?: number | undefined;
  /** Whether it has a weight and a bias. Default true. */
  readonly elementwise_affine?: boolean | undefined;
}

const filled = (name: string, shape: Shape, value: "zeros" | "ones", trainable: boolean): LayerTensor => ({
  name,
  shape,
  initialise: initialiser(value, shape, value),
  trainable,
});

const affine = (shape: Shape) => [filled("weight", shape, "ones", true), filled("bias", shape, "zeros", true)];

/** Returns the weight and bias of a normalisation, or ones and zeros if it has none. */
function affineOf(has: boolean, { tensor }: LayerContext, shape: Shape): { weight: Tensor; bias: Tensor } {
  if (has) return { weight: tensor("weight"), bias: tensor("bias") };
  const fill = (value: number) => constant(new Array<number>(sizeOf(shape)).fill(value), shape);
  return { weight: fill(1), bias: fill(0) };
}

/**
 * torch.nn.BatchNorm1d over rows [features] and [channels, length], BatchNorm2d over [channels, height, width]. PyTorch's
 * num_batches_tracked is omitted: it does not affect the result when momentum is a number.
 */
export const batchNorm: LayerType<BatchNormSpec> = {
  outputShape(_, inputShape) {
    if (inputShape.length < 1 || inputShape.length > 3)
      throw new GraphError(`batch_norm takes rows or images of one to three axes, not ${shapeText(inputShape)}`);
    return inputShape;
  },
  tensors({ affine: has = true }, inputShape) {
    const channels = inputShape.slice(0, 1);
    return [
      ...(has ? affine(channels) : []),
      filled("running_mean", channels, "zeros", false),
      filled("running_var", channels, "ones", false),
    ];
  },
  forward(x, { eps = 1e-5, momentum = 0.1, affine: has = true }, context) {
    const channels = x.shape[1] as number;
    const { weight, bias } = affineOf(has, context, [channels]);
    const running = { mean: context.tensor("running_mean"), variance: context.tensor("running_var") };
    if (!context.training) return batchNormWith(x, running.mean, running.variance, weight, bias, eps);
    if (sizeOf(x.shape) === channels)
      throw new GraphError("batch_norm needs more than one row in a batch: one row has no variance");
    const { output, statistics } = applyBatch(x, weight, bias, eps);
    const updated = (old: Tensor, measured: Tensor) => add(mul(old, 1 - momentum), mul(measured, momentum));
    context.update("running_mean", updated(running.mean, statistics.mean));
    context.update("running_var", updated(running.variance, statistics.unbiasedVariance));
    return output;
  },
};

/** torch.nn.LayerNorm over the last axis. */
export const layerNorm: LayerType<LayerNormSpec> = {
  outputShape(_, inputShape) {
    if (inputShape.length === 0) throw new GraphError("layer_norm takes rows of numbers, not single numbers");
    return inputShape;
  },
  tensors: ({ elementwise_affine = true }, inputShape) => (elementwise_affine ? affine(inputShape.slice(-1)) : []),
  forward(x, { eps = 1e-5, elementwise_affine = true }, context) {
    const { weight, bias } = affineOf(elementwise_affine, context, x.shape.slice(-1));
    return applyLayer(x, weight, bias, eps);
  },
};
