/** A stack of layers with the parameter names of PyTorch's nn.Sequential: "0.weight", "0.bias", "2.weight", ... */
import { GraphError, type Shape, sameShape, sizeOf, type Tensor } from "../graph.ts";
import type { Initialise } from "./initialisers.ts";
import type { LayerContext, LayerParameter } from "./layers/layer.ts";
import { type LayerSpec, layerTypeOf } from "./layers.ts";

export interface NetworkParameter {
  /** Position of the layer and PyTorch's name within it: "0.weight". */
  readonly name: string;
  /** PyTorch's layout: a linear weight is [out, in]. */
  readonly shape: Shape;
  readonly initialise: Initialise;
}

export interface Mode {
  readonly training: boolean;
  /** Uniform numbers in [0, 1) for a layer, new in each step: what dropout draws in training. */
  readonly uniform?: ((layerIndex: number, shape: Shape) => Tensor) | undefined;
}

export interface Network {
  readonly parameters: readonly NetworkParameter[];
  readonly layers: readonly {
    readonly type: LayerSpec["type"];
    readonly outputShape: Shape;
    readonly parameterCount: number;
  }[];
  /** Without the batch axis. */
  readonly outputShape: Shape;
  /** The output [batch, ...outputShape] for x [batch, ...inputShape]. */
  forward(x: Tensor, parameters: (name: string) => Tensor, mode: Mode): Tensor;
}

/**
 * The network of the layers over inputs of a shape, both without the batch axis. Throws a GraphError that names the layer
 * where a layer does not take what the one before it gives.
 */
export function sequential(specs: readonly LayerSpec[], inputShape: Shape): Network {
  const parameters: NetworkParameter[] = [];
  const layers: Network["layers"][number][] = [];
  let shape = inputShape;
  specs.forEach((spec, index) => {
    const own = atLayer(spec, index, () => parametersOf(spec, shape));
    shape = atLayer(spec, index, () => layerTypeOf(spec).outputShape(spec, shape));
    parameters.push(...own.map((parameter) => ({ ...parameter, name: `${index}.${parameter.name}` })));
    layers.push({
      type: spec.type,
      outputShape: shape,
      parameterCount: own.reduce((total, { shape }) => total + sizeOf(shape), 0),
    });
  });
  return {
    parameters,
    layers,
    outputShape: shape,
    forward(x, lookUp, mode) {
      if (!sameShape(x.shape.slice(1), inputShape))
        throw new GraphError(`the network takes [batch, ${inputShape.join(", ")}], not [${x.shape.join(", ")}]`);
      return specs.reduce(
        (value, spec, index) =>
          atLayer(spec, index, () => layerTypeOf(spec).forward(value, spec, contextOf(index, lookUp, mode))),
        x,
      );
    },
  };
}

function parametersOf(spec: LayerSpec, inputShape: Shape): readonly LayerParameter[] {
  return layerTypeOf(spec).parameters?.(spec, inputShape) ?? [];
}

function contextOf(index: number, lookUp: (name: string) => Tensor, { training, uniform }: Mode): LayerContext {
  return {
    training,
    parameter: (name) => lookUp(`${index}.${name}`),
    uniform(shape) {
      if (!uniform) throw new GraphError("needs random numbers in training, and none are provided");
      return uniform(index, shape);
    },
  };
}

/** What `action` gives, and any complaint with the layer's place in front. */
function atLayer<T>({ type }: LayerSpec, index: number, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof GraphError) throw new GraphError(`layer ${index} (${type}): ${error.message}`, { cause: error });
    throw error;
  }
}
