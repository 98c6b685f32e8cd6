/** The layers of a network as ONNX nodes in evaluation mode: a table with one entry per layer type. */
import { memberWeight } from "../../domain/spec/layer-walks.ts";
import type { Layer, LayerType } from "../../domain/spec/layers.ts";
import type { GraphBuilder, Value } from "./onnx-graph.ts";

/** The tensors of a layer, by PyTorch's names within the layer. */
export interface Weights {
  value(name: string): Value;
  shape(name: string): readonly number[];
}

/** The output of a layer, [batch, ...], with `axes` axes after the first. */
export interface Signal {
  readonly value: Value;
  readonly axes: number;
}

interface Context {
  readonly graph: GraphBuilder;
  readonly weights: Weights;
  /** Returns the weights of an inner layer. */
  within(path: string): Weights;
}

type Writer<Type extends LayerType> = (x: Signal, layer: Extract<Layer, { type: Type }>, context: Context) => Signal;

type Elementwise<Type extends LayerType> = (x: Value, layer: Extract<Layer, { type: Type }>, graph: GraphBuilder) => Value;

const elementwise =
  <Type extends LayerType>(write: Elementwise<Type>): Writer<Type> =>
  ({ value, axes }, layer, { graph }) => ({ value: write(value, layer, graph), axes });

/** A layer that is a single ONNX operator without attributes. */
const operator = <Type extends LayerType>(name: string) => elementwise<Type>((x, _, graph) => graph.node(name, [x]));

const scalar = (graph: GraphBuilder, value: number) => graph.constant("float", value);

/**
 * 1 / (1 + exp(-x)), written out: onnxruntime computes the operator Sigmoid as 0.5 plus an odd function, which leaves few digits where x is
 * far below 0. A probability of 6e-6 is wrong by 2 % there, and one below 1e-8 is 0.
 */
export const logistic = (graph: GraphBuilder, x: Value): Value =>
  graph.node("Reciprocal", [graph.node("Add", [graph.node("Exp", [graph.node("Neg", [x])]), scalar(graph, 1)])]);

const WRITERS: { readonly [Type in LayerType]: Writer<Type> } = {
  linear: ({ value, axes }, { bias }, { graph, weights }) => {
    const added = bias ? [weights.value("bias")] : [];
    if (axes === 1) return { axes, value: graph.node("Gemm", [value, weights.value("weight"), ...added], { transB: 1 }) };
    const product = graph.node("MatMul", [value, graph.node("Transpose", [weights.value("weight")], { perm: [1, 0] })]);
    return { axes, value: added.length > 0 ? graph.node("Add", [product, ...added]) : product };
  },
  relu: operator("Relu"),
  leaky_relu: elementwise((x, layer, graph) => graph.node("LeakyRelu", [x], { alpha: { float: layer.negative_slope } })),
  elu: elementwise((x, { alpha }, graph) => graph.node("Elu", [x], { alpha: { float: alpha } })),
  selu: operator("Selu"),
  sigmoid: elementwise((x, _, graph) => logistic(graph, x)),
  logsigmoid: elementwise((x, _, graph) => graph.node("Neg", [graph.node("Softplus", [graph.node("Neg", [x])])])),
  tanh: operator("Tanh"),
  hardtanh: elementwise((x, { min_val, max_val }, graph) =>
    graph.node("Clip", [x, scalar(graph, min_val), scalar(graph, max_val)]),
  ),
  gelu: elementwise((x, { approximate }, graph) => {
    // A runtime's tanh may not reach -1, and far below 0 x multiplies this error. At -6 the function is 0 within 1e-10.
    const bounded = approximate === "tanh" ? graph.node("Max", [x, scalar(graph, -6)]) : x;
    return graph.node("Gelu", [bounded], { approximate });
  }),
  silu: elementwise((x, _, graph) => graph.node("Mul", [x, logistic(graph, x)])),
  mish: elementwise((x, _, graph) => graph.node("Mul", [x, graph.node("Tanh", [graph.node("Softplus", [x])])])),
  softplus: elementwise((x, { beta, threshold }, graph) => {
    const z = graph.node("Mul", [x, scalar(graph, beta)]);
    const soft = graph.node("Div", [graph.node("Softplus", [z]), scalar(graph, beta)]);
    return graph.node("Where", [graph.node("Greater", [z, scalar(graph, threshold)]), x, soft]);
  }),
  softmax: elementwise((x, _, graph) => graph.node("Softmax", [x], { axis: -1 })),
  log_softmax: elementwise((x, _, graph) => graph.node("LogSoftmax", [x], { axis: -1 })),
  dropout: (x) => x,
  batch_norm: ({ value, axes }, { eps, affine }, { graph, weights }) => {
    const [channels = 0] = weights.shape("running_mean");
    const filled = (fill: number) => graph.constant("float", new Array<number>(channels).fill(fill));
    const [scale, shift] = affine ? [weights.value("weight"), weights.value("bias")] : [filled(1), filled(0)];
    const inputs = [value, scale, shift, weights.value("running_mean"), weights.value("running_var")];
    return { axes, value: graph.node("BatchNormalization", inputs, { epsilon: { float: eps } }) };
  },
  // Composed of primitives: LayerNormalization requires a scale, whose size only the layer's weight gives.
  layer_norm: ({ value, axes }, { eps, elementwise_affine }, { graph, weights }) => {
    const mean = (x: Value) => graph.node("ReduceMean", [x, graph.constant("int64", [-1])]);
    const centred = graph.node("Sub", [value, mean(value)]);
    const variance = mean(graph.node("Mul", [centred, centred]));
    const deviation = graph.node("Sqrt", [graph.node("Add", [variance, scalar(graph, eps)])]);
    const normal = graph.node("Div", [centred, deviation]);
    if (!elementwise_affine) return { axes, value: normal };
    return { axes, value: graph.node("Add", [graph.node("Mul", [normal, weights.value("weight")]), weights.value("bias")]) };
  },
  // A number that is not an index of the table gives zeros.
  embedding: ({ value, axes }, { num_embeddings }, { graph, weights }) => {
    const whole = graph.node("Equal", [graph.node("Floor", [value]), value]);
    const least = graph.node("GreaterOrEqual", [value, scalar(graph, 0)]);
    const most = graph.node("Less", [value, scalar(graph, num_embeddings)]);
    const known = graph.node("And", [whole, graph.node("And", [least, most])]);
    const indices = graph.node("Cast", [graph.node("Where", [known, value, scalar(graph, 0)])], { to: 7 });
    const rows = graph.node("Gather", [weights.value("weight"), indices], { axis: 0 });
    const mask = graph.node("Unsqueeze", [graph.node("Cast", [known], { to: 1 }), graph.constant("int64", [-1])]);
    return { axes: axes + 1, value: graph.node("Mul", [rows, mask]) };
  },
  conv1d: convolution,
  conv2d: convolution,
  max_pool: pool("MaxPool"),
  avg_pool: pool("AveragePool"),
  flatten: ({ value }, _, { graph }) => ({ axes: 1, value: graph.node("Flatten", [value], { axis: 1 }) }),
  // 0 keeps the size of the axis.
  reshape: ({ value }, { shape }, { graph }) => ({
    axes: shape.length,
    value: graph.node("Reshape", [value, graph.constant("int64", [0, ...shape])]),
  }),
  select: ({ value, axes }, { features }, { graph }) => ({
    axes,
    value: graph.node("Gather", [value, graph.constant("int64", features)], { axis: 1 }),
  }),
  periodic: ({ value, axes }, _, { graph, weights }) => {
    const frequencies = graph.node("Mul", [weights.value("weight"), scalar(graph, 2 * Math.PI)]);
    const angles = graph.node("Mul", [frequencies, graph.node("Unsqueeze", [value, graph.constant("int64", [-1])])]);
    const parts = [graph.node("Cos", [angles]), graph.node("Sin", [angles])];
    return { axes: axes + 1, value: graph.node("Concat", parts, { axis: -1 }) };
  },
  per_feature_linear: ({ value, axes }, { bias }, { graph, weights }) => {
    const swapped = (x: Value) => graph.node("Transpose", [x], { perm: [1, 0, 2] });
    const product = swapped(graph.node("MatMul", [swapped(value), weights.value("weight")]));
    return { axes, value: bias ? graph.node("Add", [product, weights.value("bias")]) : product };
  },
  batch_ensemble_linear: ({ value, axes }, { bias }, { graph, weights }) => {
    const members = axes === 1 ? graph.node("Unsqueeze", [value, graph.constant("int64", [1])]) : value;
    const weight = graph.node("Transpose", [weights.value("weight")], { perm: [1, 0] });
    const product = graph.node("MatMul", [graph.node("Mul", [members, weights.value("r")]), weight]);
    const output = graph.node("Mul", [product, weights.value("s")]);
    return { axes: 2, value: bias ? graph.node("Add", [output, weights.value("bias")]) : output };
  },
  mean_members: ({ value, axes }, _, { graph }) => ({
    axes: axes - 1,
    value: graph.node("ReduceMean", [value, graph.constant("int64", [1])], { keepdims: 0 }),
  }),
  residual: (x, { layers }, context) => {
    const change = writeLayers(context.graph, layers, x, (path) => context.within(`layers.${path}`));
    return { axes: x.axes, value: context.graph.node("Add", [x.value, change.value]) };
  },
  ensemble: (x, layer, { graph, within }) => {
    const parts = layer.members.map(({ layers }, index) => {
      const { axes, value } = writeLayers(graph, layers, x, (path) => within(`members.${index}.${path}`));
      return { axes, value: graph.node("Mul", [value, scalar(graph, memberWeight(layer, index))]) };
    });
    return parts.reduce((total, part) => ({ axes: part.axes, value: graph.node("Add", [total.value, part.value]) }));
  },
};

/** Adds the nodes of layers in sequence. `weightsOf` returns the weights of the layer at a path, such as "2" or "3.layers.1". */
export function writeLayers(
  graph: GraphBuilder,
  layers: readonly Layer[],
  x: Signal,
  weightsOf: (path: string) => Weights,
): Signal {
  return layers.reduce((signal, layer, index) => {
    const context = { graph, weights: weightsOf(`${index}`), within: (path: string) => weightsOf(`${index}.${path}`) };
    return (WRITERS[layer.type] as Writer<LayerType>)(signal, layer, context);
  }, x);
}

type Extent = number | readonly [number, number];

/** Returns one size per spatial axis; a single number applies to both axes of an image. */
const sizes = (extent: Extent, count: number): readonly number[] =>
  typeof extent === "number" ? new Array<number>(count).fill(extent) : extent;

function convolution(
  { value, axes }: Signal,
  layer: Extract<Layer, { type: "conv1d" | "conv2d" }>,
  { graph, weights }: Context,
): Signal {
  const spatial = axes - 1;
  const sides = sizes(layer.padding, spatial);
  const inputs = [value, weights.value("weight"), ...(layer.bias ? [weights.value("bias")] : [])];
  const attributes = {
    kernel_shape: sizes(layer.kernel_size, spatial),
    strides: sizes(layer.stride, spatial),
    pads: [...sides, ...sides],
  };
  return { axes, value: graph.node("Conv", inputs, attributes) };
}

function pool(name: string) {
  return ({ value, axes }: Signal, layer: Extract<Layer, { type: "max_pool" | "avg_pool" }>, { graph }: Context): Signal => {
    const kernel_shape = sizes(layer.kernel_size, axes - 1);
    const strides = sizes(layer.stride ?? layer.kernel_size, axes - 1);
    return { axes, value: graph.node(name, [value], { kernel_shape, strides }) };
  };
}
