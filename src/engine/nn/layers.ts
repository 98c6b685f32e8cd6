/** The table of layer types without inner layers. To add one, add a file to layers/ and a line to each of the two lists here. */
import {
  type EluSpec,
  elu,
  type GeluSpec,
  gelu,
  type HardtanhSpec,
  hardtanh,
  type LeakyReluSpec,
  leakyRelu,
  logSoftmax,
  logsigmoid,
  mish,
  type PlainSpec,
  relu,
  type SoftplusSpec,
  selu,
  sigmoid,
  silu,
  softmax,
  softplus,
  tanh,
} from "./layers/activation.ts";
import {
  type BatchEnsembleLinearSpec,
  batchEnsembleLinear,
  type MeanMembersSpec,
  meanMembers,
} from "./layers/batch-ensemble.ts";
import { type Conv1dSpec, type Conv2dSpec, conv1d, conv2d } from "./layers/convolution.ts";
import { type DropoutSpec, dropout } from "./layers/dropout.ts";
import { type EmbeddingSpec, embedding } from "./layers/embedding.ts";
import type { LayerType } from "./layers/layer.ts";
import { type LinearSpec, linear } from "./layers/linear.ts";
import { type BatchNormSpec, batchNorm, type LayerNormSpec, layerNorm } from "./layers/normalisation.ts";
import { type PerFeatureLinearSpec, perFeatureLinear } from "./layers/per-feature-linear.ts";
import { type PeriodicSpec, periodic } from "./layers/periodic.ts";
import { type AvgPoolSpec, avgPool, type MaxPoolSpec, maxPool } from "./layers/pooling.ts";
import { type SelectSpec, select } from "./layers/select.ts";
import { type FlattenSpec, flatten, type ReshapeSpec, reshape } from "./layers/shape.ts";

interface LayerSpecs {
  readonly linear: LinearSpec;
  readonly relu: PlainSpec<"relu">;
  readonly leaky_relu: LeakyReluSpec;
  readonly elu: EluSpec;
  readonly selu: PlainSpec<"selu">;
  readonly sigmoid: PlainSpec<"sigmoid">;
  readonly logsigmoid: PlainSpec<"logsigmoid">;
  readonly tanh: PlainSpec<"tanh">;
  readonly hardtanh: HardtanhSpec;
  readonly gelu: GeluSpec;
  readonly silu: PlainSpec<"silu">;
  readonly mish: PlainSpec<"mish">;
  readonly softplus: SoftplusSpec;
  readonly softmax: PlainSpec<"softmax">;
  readonly log_softmax: PlainSpec<"log_softmax">;
  readonly dropout: DropoutSpec;
  readonly batch_norm: BatchNormSpec;
  readonly layer_norm: LayerNormSpec;
  readonly embedding: EmbeddingSpec;
  readonly conv1d: Conv1dSpec;
  readonly conv2d: Conv2dSpec;
  readonly max_pool: MaxPoolSpec;
  readonly avg_pool: AvgPoolSpec;
  readonly flatten: FlattenSpec;
  readonly reshape: ReshapeSpec;
  readonly select: SelectSpec;
  readonly periodic: PeriodicSpec;
  readonly per_feature_linear: PerFeatureLinearSpec;
  readonly batch_ensemble_linear: BatchEnsembleLinearSpec;
  readonly mean_members: MeanMembersSpec;
}

/** A layer without inner layers, as the API names it, with PyTorch's options in snake_case and its defaults. */
export type SimpleLayerSpec = LayerSpecs[keyof LayerSpecs];

export const layers: { readonly [Type in keyof LayerSpecs]: LayerType<LayerSpecs[Type]> } = {
  linear,
  relu,
  leaky_relu: leakyRelu,
  elu,
  selu,
  sigmoid,
  logsigmoid,
  tanh,
  hardtanh,
  gelu,
  silu,
  mish,
  softplus,
  softmax,
  log_softmax: logSoftmax,
  dropout,
  batch_norm: batchNorm,
  layer_norm: layerNorm,
  embedding,
  conv1d,
  conv2d,
  max_pool: maxPool,
  avg_pool: avgPool,
  flatten,
  reshape,
  select,
  periodic,
  per_feature_linear: perFeatureLinear,
  batch_ensemble_linear: batchEnsembleLinear,
  mean_members: meanMembers,
};
