/** Activation layers: they keep the shape and have no parameters. */
import { GraphError, type Shape, sigmoid as sigmoidOf, type Tensor, tanh as tanhOf } from "../../graph.ts";
import * as activations from "../activations.ts";
import { logSoftmax as logSoftmaxOf, softmax as softmaxOf } from "../functional.ts";
import type { LayerType } from "./layer.ts";

export interface PlainSpec<Type extends string> {
  readonly type: Type;
}

export interface LeakyReluSpec {
  readonly type: "leaky_relu";
  readonly negative_slope?: number | undefined;
}

export interface EluSpec {
  readonly type: "elu";
  readonly alpha?: number | undefined;
}

export interface HardtanhSpec {
  readonly type: "hardtanh";
  readonly min_val?: number | undefined;
  readonly max_val?: number | undefined;
}

export interface GeluSpec {
  readonly type: "gelu";
  readonly approximate?: "none" | "tanh" | undefined;
}

export interface SoftplusSpec {
  readonly type: "softplus";
  readonly beta?: number | undefined;
  readonly threshold?: number | undefined;
}

const elementwise = <Spec>(apply: (x: Tensor, spec: Spec) => Tensor): LayerType<Spec> => ({
  outputShape: (_, inputShape) => inputShape,
  forward: apply,
});

/** Applies a function along the last axis, which must not be the batch axis. */
const alongRows = (apply: (x: Tensor, axis: number) => Tensor): LayerType<unknown> => ({
  outputShape(_, inputShape: Shape) {
    if (inputShape.length === 0) throw new GraphError("a softmax takes rows of numbers, not single numbers");
    return inputShape;
  },
  forward: (x) => apply(x, -1),
});

export const relu = elementwise(activations.relu);
export const sigmoid = elementwise(sigmoidOf);
export const tanh = elementwise(tanhOf);
export const silu = elementwise(activations.silu);
export const mish = elementwise((x) => activations.mish(x));
export const selu = elementwise((x) => activations.selu(x));
export const logsigmoid = elementwise((x) => activations.logsigmoid(x));
export const elu = elementwise<EluSpec>((x, { alpha }) => activations.elu(x, alpha));
export const hardtanh = elementwise<HardtanhSpec>((x, { min_val, max_val }) => activations.hardtanh(x, min_val, max_val));
export const leakyRelu = elementwise<LeakyReluSpec>((x, { negative_slope }) => activations.leakyRelu(x, negative_slope));
export const gelu = elementwise<GeluSpec>((x, { approximate }) => activations.gelu(x, approximate));
export const softplus = elementwise<SoftplusSpec>((x, { beta, threshold }) => activations.softplus(x, beta, threshold));
export const softmax = alongRows(softmaxOf);
export const logSoftmax = alongRows(logSoftmaxOf);
