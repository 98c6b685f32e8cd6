/** The shape and the number of parameters of each layer, for the drawing of a network. Pure. */
import type { Layer } from "../../domain/spec/layers.ts";

export interface Stage {
  /** The index of its first layer in the network; -1 for the input. */
  readonly index: number;
  readonly title: string;
  /** The activations and other shape-keeping layers that follow it. */
  readonly after: readonly string[];
  /** The shape of its output for one row; null if it is not known. */
  readonly shape: Shape | null;
  /** Number of its parameters; null if it is not known. */
  readonly parameters: number | null;
  /** The name of its weight matrix, out by in, if it has one. */
  readonly weight: string | null;
}

export type Shape = readonly number[];

type WeightEntry = { readonly name: string; readonly shape: Shape };

/** Layers without weights that keep the shape: they are drawn with the layer before them. */
const FOLLOWERS: ReadonlySet<string> = new Set([
  "relu",
  "leaky_relu",
  "elu",
  "selu",
  "sigmoid",
  "logsigmoid",
  "tanh",
  "hardtanh",
  "gelu",
  "silu",
  "mish",
  "softplus",
  "softmax",
  "log_softmax",
  "dropout",
]);

/** Returns the stages of a network, its input first. `weights` are the names and shapes of its tensors, if they are known. */
export function stagesOf(layers: readonly Layer[], inputWidth: number | null, weights: readonly WeightEntry[] | null): Stage[] {
  let shape: Shape | null = inputWidth === null ? null : [inputWidth];
  const stages: Stage[] = [{ index: -1, title: "input", after: [], shape, parameters: 0, weight: null }];
  layers.forEach((layer, index) => {
    const previous = stages.at(-1) as Stage;
    if (FOLLOWERS.has(layer.type)) {
      stages[stages.length - 1] = { ...previous, after: [...previous.after, layerName(layer)] };
      return;
    }
    const own = weights?.filter((entry) => entry.name.startsWith(`${index}.`)) ?? null;
    const before: Shape | null = shape;
    shape = shapeAfter(layer, before);
    stages.push({
      index,
      title: layerName(layer),
      after: [],
      shape,
      parameters: own ? learned(own) : countOf(layer, before),
      weight: layer.type === "linear" ? `${index}.weight` : null,
    });
  });
  return stages;
}

const product = (shape: Shape): number => shape.reduce((total, size) => total * size, 1);

/** Counts parameters, which the running statistics of batch_norm are not. */
const learned = (entries: readonly WeightEntry[]): number =>
  entries.filter(({ name }) => !name.includes("running_")).reduce((total, entry) => total + product(entry.shape), 0);

/** The shape after a layer, as in PyTorch; null if it does not follow from what is known. */
function shapeAfter(layer: Layer, shape: Shape | null): Shape | null {
  if (layer.type === "reshape") return layer.shape;
  if (shape === null) return layer.type === "linear" && layer.units ? [layer.units] : null;
  switch (layer.type) {
    case "linear":
      return layer.units ? [...shape.slice(0, -1), layer.units] : null;
    case "embedding":
      return [...shape, layer.embedding_dim];
    case "flatten":
      return [product(shape)];
    case "periodic":
      return [...shape, 2 * layer.frequencies];
    case "per_feature_linear":
      return layer.units ? [shape[0] as number, layer.units] : null;
    case "batch_ensemble_linear":
      return layer.units ? [layer.members, layer.units] : null;
    case "mean_members":
      return shape.slice(1);
    case "select":
      return [layer.features.length, ...shape.slice(1)];
    case "ensemble":
      return (layer.members[0]?.layers ?? []).reduce<Shape | null>((inner, each) => shapeAfter(each, inner), shape);
    case "conv1d":
    case "conv2d": {
      const { kernel_size, stride, padding, out_channels } = layer;
      return [out_channels, ...windows(shape.slice(1), kernel_size, stride, padding)];
    }
    case "max_pool":
    case "avg_pool":
      return [shape[0] as number, ...windows(shape.slice(1), layer.kernel_size, layer.stride ?? layer.kernel_size, 0)];
    default:
      return shape;
  }
}

type Size = number | readonly number[];

function windows(lengths: Shape, kernel: Size, stride: Size, padding: Size): Shape {
  const along = (size: Size, axis: number) => (typeof size === "number" ? size : (size[axis] as number));
  return lengths.map(
    (length, axis) => Math.floor((length + 2 * along(padding, axis) - along(kernel, axis)) / along(stride, axis)) + 1,
  );
}

/** The number of parameters that follows from the shape before a layer; null if it does not. */
function countOf(layer: Layer, before: Shape | null): number | null {
  const width = before?.at(-1) ?? null;
  switch (layer.type) {
    case "linear":
      return width === null || !layer.units ? null : (width + (layer.bias ? 1 : 0)) * layer.units;
    case "embedding":
      return layer.num_embeddings * layer.embedding_dim;
    case "periodic":
      return width === null ? null : width * layer.frequencies;
    case "per_feature_linear":
      return before === null || !layer.units
        ? null
        : product(before.slice(0, 1)) * ((width ?? 0) + (layer.bias ? 1 : 0)) * layer.units;
    case "batch_ensemble_linear": {
      if (width === null || !layer.units) return null;
      return width * layer.units + layer.members * (width + (layer.bias ? 2 : 1) * layer.units);
    }
    case "batch_norm":
      return layer.affine ? 2 * (before?.[0] ?? 0) : 0;
    case "layer_norm":
      return layer.elementwise_affine ? 2 * (width ?? 0) : 0;
    case "conv1d":
    case "conv2d": {
      const sizes = [layer.kernel_size].flat();
      const window = layer.type === "conv2d" && sizes.length === 1 ? (sizes[0] as number) ** 2 : product(sizes);
      return before === null ? null : layer.out_channels * ((before[0] as number) * window + (layer.bias ? 1 : 0));
    }
    case "residual":
      return layer.layers.reduce<number | null>((total, inner) => plus(total, countOf(inner, before)), 0);
    case "ensemble":
      return layer.members.reduce<number | null>((total, { layers }) => plus(total, countOfStack(layers, before)), 0);
    default:
      return 0;
  }
}

const plus = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a + b);

/** The number of parameters of a stack of layers; null if it does not follow from the shape before them. */
export function countOfStack(layers: readonly Layer[], before: Shape | null): number | null {
  let shape = before;
  return layers.reduce<number | null>((total, layer) => {
    const own = countOf(layer, shape);
    shape = shapeAfter(layer, shape);
    return plus(total, own);
  }, 0);
}

/** The shape after a stack of layers; null if it does not follow from what is known. */
export function shapeAfterStack(layers: readonly Layer[], inputWidth: number | null): Shape | null {
  return layers.reduce<Shape | null>((shape, layer) => shapeAfter(layer, shape), inputWidth === null ? null : [inputWidth]);
}

/** The names of a stack of layers: `linear 64, relu, linear 1`. */
export function layerNames(layers: readonly Layer[]): string {
  return layers.map(layerName).join(", ");
}

/** Returns a layer's type with its main options: `dropout 0.5`, `conv2d 8, 3×3`. */
function layerName(layer: Layer): string {
  if (layer.type === "select") return `select ${layer.features.length}`;
  if (layer.type === "ensemble") return `ensemble of ${layer.members.length}`;
  if (layer.type === "residual") return `residual (${layer.layers.map(layerName).join(", ")})`;
  const options = Object.entries(layer).filter(([key]) => SHOWN_OPTIONS.has(key));
  const text = options.map(([, value]) => (Array.isArray(value) ? value.join("×") : String(value))).join(", ");
  return text ? `${layer.type} ${text}` : layer.type;
}

const SHOWN_OPTIONS: ReadonlySet<string> = new Set([
  "members",
  "units",
  "frequencies",
  "p",
  "num_embeddings",
  "embedding_dim",
  "out_channels",
  "kernel_size",
  "shape",
]);
