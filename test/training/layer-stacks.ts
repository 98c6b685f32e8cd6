/** Networks of many layers of one kind, for what grows with their number. Each kind of layer, loss and optimiser has an entry, or nothing compiles. */
import type { LayerType } from "../../src/domain/spec/layers.ts";
import type { ResolvedSpec } from "../../src/domain/spec/spec.ts";

/** What is repeated of a network on 16 features, and what stands before and after it. */
interface Stack {
  readonly layers: readonly object[];
  readonly before?: readonly object[];
}

const linear = { type: "linear", units: 16 };
const reshape = (...shape: number[]) => ({ type: "reshape", shape });
const plain = (type: LayerType): Stack => ({ layers: [{ type }] });
const convolution = (type: LayerType, kernel_size: number, out_channels = 4) => ({
  type,
  out_channels,
  kernel_size,
  padding: 1,
});
const pool = (type: LayerType): Stack => ({
  layers: [{ type, kernel_size: 2 }, convolution("conv2d", 1, 1)],
  before: [reshape(1, 4, 4)],
});
const membersOf = (...layers: object[]) => ({ type: "ensemble", members: layers.map((each) => ({ layers: [each] })) });

/** Each kind of layer, with another behind it where it changes the shape. */
const LAYERS: Readonly<Record<LayerType, Stack>> = {
  linear: { layers: [linear] },
  relu: plain("relu"),
  leaky_relu: plain("leaky_relu"),
  elu: plain("elu"),
  selu: plain("selu"),
  sigmoid: plain("sigmoid"),
  logsigmoid: plain("logsigmoid"),
  tanh: plain("tanh"),
  hardtanh: plain("hardtanh"),
  gelu: plain("gelu"),
  silu: plain("silu"),
  mish: plain("mish"),
  softplus: plain("softplus"),
  softmax: plain("softmax"),
  log_softmax: plain("log_softmax"),
  dropout: plain("dropout"),
  batch_norm: plain("batch_norm"),
  layer_norm: plain("layer_norm"),
  embedding: { layers: [{ type: "embedding", num_embeddings: 4, embedding_dim: 16 }, { type: "mean_members" }] },
  conv1d: { layers: [convolution("conv1d", 3)], before: [reshape(1, 16)] },
  conv2d: { layers: [convolution("conv2d", 3)], before: [reshape(1, 4, 4)] },
  max_pool: pool("max_pool"),
  avg_pool: pool("avg_pool"),
  flatten: { layers: [{ type: "flatten" }, reshape(4, 4)] },
  reshape: { layers: [reshape(4, 4), reshape(16)] },
  select: { layers: [{ type: "select", features: [...Array(16).keys()].map((feature) => (5 * feature) % 16) }] },
  periodic: { layers: [{ type: "periodic", frequencies: 8 }, { type: "mean_members" }] },
  per_feature_linear: { layers: [{ type: "per_feature_linear", units: 4 }], before: [reshape(4, 4)] },
  batch_ensemble_linear: { layers: [{ type: "batch_ensemble_linear", members: 4, units: 16 }] },
  mean_members: { layers: [{ type: "batch_ensemble_linear", members: 4, units: 16 }, { type: "mean_members" }] },
  residual: { layers: [{ type: "residual", layers: [linear, { type: "relu" }] }] },
  ensemble: { layers: [membersOf(linear, linear)] },
};

/** Layers that are often repeated together. */
const TOGETHER: Readonly<Record<string, Stack>> = {
  "linear, relu": { layers: [linear, { type: "relu" }] },
  "linear, batch_norm, relu": { layers: [linear, { type: "batch_norm" }, { type: "relu" }] },
  "residual layer_norm, gelu": { layers: [{ type: "residual", layers: [{ type: "layer_norm" }, { type: "gelu" }] }] },
  "ensemble of residual": { layers: [membersOf({ type: "residual", layers: [linear, { type: "relu" }] })] },
};

/** Each kind within residual layers, behind one that gives it the shape that it keeps. */
const residuals = Object.entries(LAYERS)
  .filter(([type]) => type !== "residual" && type !== "ensemble")
  .map(([type, { layers, before = [] }]): [string, Stack] => [
    `residual ${type}`,
    { layers: [{ type: "residual", layers }], before: [...before, ...layers] },
  ]);

/** The parts of a spec that are not of the layers, with its targets as functions of the number of a row. */
interface Learning {
  readonly task?: string;
  readonly loss?: object;
  readonly optimizer?: object;
  readonly after?: readonly object[];
  readonly target?: (row: number) => number;
}

const twoClasses = { task: "binary_classification", target: (row: number) => row % 2 };

const LOSSES: Readonly<Record<ResolvedSpec["loss"]["type"], Learning>> = {
  mse: {},
  l1: {},
  huber: {},
  pinball: {},
  bce: { ...twoClasses, after: [{ type: "sigmoid" }] },
  bce_with_logits: twoClasses,
  cross_entropy: { task: "multiclass_classification", target: (row) => row % 5 },
};

const OPTIMIZERS: Readonly<Record<ResolvedSpec["optimizer"]["type"], object>> = {
  sgd: { momentum: 0.9 },
  adam: {},
  adamw: { amsgrad: true },
  rmsprop: { momentum: 0.9, centered: true },
  adagrad: {},
  adadelta: {},
  nadam: {},
};

/** What of a network is repeated, and how it learns. */
export interface Growing {
  readonly stack: Stack;
  readonly learning?: Learning;
}

/** All kinds of networks, by their names. */
export const GROWING: Readonly<Record<string, Growing>> = Object.fromEntries([
  ...[...Object.entries(LAYERS), ...Object.entries(TOGETHER), ...residuals].map(([name, stack]) => [name, { stack }]),
  ...Object.entries(LOSSES).map(([type, learning]) => [
    `loss ${type}`,
    { stack: LAYERS.linear, learning: { ...learning, loss: { type } } },
  ]),
  ...Object.entries(OPTIMIZERS).map(([type, options]) => [
    `optimizer ${type}`,
    { stack: LAYERS.linear, learning: { optimizer: { type, lr: 0.01, ...options } } },
  ]),
]);

const ROWS = 64;
const features = Array.from({ length: ROWS }, (_, row) =>
  Array.from({ length: 16 }, (_, column) => Math.sin(row * 16 + column)),
);

/**
 * Returns the spec of a network with `count` of the repeated layers. Training and validation run in batches, each with a shorter last one:
 * four programs. `units` is the width of the last but one layer: networks of other widths are not in one another's caches.
 */
export function specOf({ stack: { layers, before = [] }, learning = {} }: Growing, count: number, units = 3): object {
  const { task = "regression", loss = { type: "mse" }, optimizer, after = [], target = Math.sin } = learning;
  const repeated = Array.from({ length: count }, () => layers).flat();
  return {
    data: { inline: { features, targets: features.map((_, row) => [target(row)]) } },
    task,
    model: {
      layers: [...before, ...repeated, { type: "flatten" }, { type: "linear", units }, { type: "linear" }, ...after],
    },
    loss,
    optimizer: optimizer ?? { type: "adam", lr: 0.01 },
    epochs: 1,
    batch_size: 13,
    split: { validation: 0.2 },
  };
}
