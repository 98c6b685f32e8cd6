/** The layers that the form offers, with the options that it shows. Everything else can be written as JSON. */
import type { Layer } from "../../../domain/spec/layers.ts";
import type { JsonObject } from "../../request/draft.ts";

export interface LayerOption {
  readonly key: string;
  readonly label: string;
  /** The default. */
  readonly byDefault: string;
}

export interface LayerKind {
  readonly label: string;
  readonly group: "Weights" | "Activations" | "Regularisation" | "Tables" | "Images and sequences";
  /** The layer as it is added. */
  readonly fresh: JsonObject & { readonly type: Layer["type"] };
  readonly options: readonly LayerOption[];
}

const activation = (type: Layer["type"], label: string, options: readonly LayerOption[] = []): LayerKind => ({
  label,
  group: "Activations",
  fresh: { type },
  options,
});

const kernel: LayerOption = { key: "kernel_size", label: "Kernel", byDefault: "" };
const stride: LayerOption = { key: "stride", label: "Stride", byDefault: "1" };
const padding: LayerOption = { key: "padding", label: "Padding", byDefault: "0" };
const channels: LayerOption = { key: "out_channels", label: "Channels", byDefault: "" };

const units: LayerOption = { key: "units", label: "Units", byDefault: "auto" };

export const LAYER_KINDS: Readonly<Partial<Record<Layer["type"], LayerKind>>> = {
  linear: {
    label: "Linear",
    group: "Weights",
    fresh: { type: "linear", units: 16 },
    options: [units],
  },
  relu: activation("relu", "ReLU"),
  leaky_relu: activation("leaky_relu", "Leaky ReLU", [{ key: "negative_slope", label: "Slope", byDefault: "0.01" }]),
  elu: activation("elu", "ELU", [{ key: "alpha", label: "Alpha", byDefault: "1" }]),
  selu: activation("selu", "SELU"),
  gelu: activation("gelu", "GELU"),
  silu: activation("silu", "SiLU"),
  mish: activation("mish", "Mish"),
  tanh: activation("tanh", "Tanh"),
  sigmoid: activation("sigmoid", "Sigmoid"),
  softplus: activation("softplus", "Softplus"),
  softmax: activation("softmax", "Softmax"),
  dropout: {
    label: "Dropout",
    group: "Regularisation",
    fresh: { type: "dropout", p: 0.2 },
    options: [{ key: "p", label: "Share dropped", byDefault: "0.5" }],
  },
  batch_norm: { label: "Batch norm", group: "Regularisation", fresh: { type: "batch_norm" }, options: [] },
  layer_norm: { label: "Layer norm", group: "Regularisation", fresh: { type: "layer_norm" }, options: [] },
  periodic: {
    label: "Periodic embedding",
    group: "Tables",
    fresh: { type: "periodic", frequencies: 16, sigma: 0.1 },
    options: [
      { key: "frequencies", label: "Frequencies", byDefault: "48" },
      { key: "sigma", label: "Sigma", byDefault: "0.01" },
    ],
  },
  per_feature_linear: {
    label: "Linear by feature",
    group: "Tables",
    fresh: { type: "per_feature_linear", units: 8 },
    options: [units],
  },
  batch_ensemble_linear: {
    label: "Batch ensemble",
    group: "Tables",
    fresh: { type: "batch_ensemble_linear", members: 16, units: 64 },
    options: [{ key: "members", label: "Members", byDefault: "32" }, units],
  },
  mean_members: { label: "Mean of members", group: "Tables", fresh: { type: "mean_members" }, options: [] },
  conv1d: {
    label: "Convolution 1d",
    group: "Images and sequences",
    fresh: { type: "conv1d", out_channels: 8, kernel_size: 3 },
    options: [channels, kernel, stride, padding],
  },
  conv2d: {
    label: "Convolution 2d",
    group: "Images and sequences",
    fresh: { type: "conv2d", out_channels: 8, kernel_size: 3 },
    options: [channels, kernel, stride, padding],
  },
  max_pool: {
    label: "Max pool",
    group: "Images and sequences",
    fresh: { type: "max_pool", kernel_size: 2 },
    options: [kernel],
  },
  avg_pool: {
    label: "Average pool",
    group: "Images and sequences",
    fresh: { type: "avg_pool", kernel_size: 2 },
    options: [kernel],
  },
  flatten: { label: "Flatten", group: "Images and sequences", fresh: { type: "flatten" }, options: [] },
  reshape: { label: "Reshape", group: "Images and sequences", fresh: { type: "reshape", shape: [1, 8, 8] }, options: [] },
};

export const LAYER_GROUPS = ["Weights", "Activations", "Regularisation", "Tables", "Images and sequences"] as const;
