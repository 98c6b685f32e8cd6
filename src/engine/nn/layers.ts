/** The table of layer types. A new layer is one file in layers/ and one line in each of the two lists here. */
import {
  type GeluSpec,
  gelu,
  type LeakyReluSpec,
  leakyRelu,
  logSoftmax,
  type PlainSpec,
  relu,
  type SoftplusSpec,
  sigmoid,
  silu,
  softmax,
  softplus,
  tanh,
} from "./layers/activation.ts";
import { type DropoutSpec, dropout } from "./layers/dropout.ts";
import type { LayerType } from "./layers/layer.ts";
import { type LinearSpec, linear } from "./layers/linear.ts";

interface LayerSpecs {
  readonly linear: LinearSpec;
  readonly relu: PlainSpec<"relu">;
  readonly leaky_relu: LeakyReluSpec;
  readonly sigmoid: PlainSpec<"sigmoid">;
  readonly tanh: PlainSpec<"tanh">;
  readonly gelu: GeluSpec;
  readonly silu: PlainSpec<"silu">;
  readonly softplus: SoftplusSpec;
  readonly softmax: PlainSpec<"softmax">;
  readonly log_softmax: PlainSpec<"log_softmax">;
  readonly dropout: DropoutSpec;
}

/** A layer as the API names it: PyTorch's options in snake_case, with its defaults. */
export type LayerSpec = LayerSpecs[keyof LayerSpecs];

export const layers: { readonly [Type in keyof LayerSpecs]: LayerType<LayerSpecs[Type]> } = {
  linear,
  relu,
  leaky_relu: leakyRelu,
  sigmoid,
  tanh,
  gelu,
  silu,
  softplus,
  softmax,
  log_softmax: logSoftmax,
  dropout,
};

/** The entry of a spec's type, typed for any spec. */
export function layerTypeOf(spec: LayerSpec): LayerType<LayerSpec> {
  return layers[spec.type] as LayerType<LayerSpec>;
}
