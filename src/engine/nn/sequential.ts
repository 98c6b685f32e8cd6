/** A stack of layers with the names of PyTorch's nn.Sequential: "0.weight", "0.bias", "1.running_mean", ... */
import { GraphError, type Shape, sameShape, sizeOf, type Tensor } from "../graph.ts";
import type { LayerContext, LayerType } from "./layers/layer.ts";
import { type ResidualSpec, residual } from "./layers/residual.ts";
import { type SimpleLayerSpec, layers as simpleLayers } from "./layers.ts";
import { LayerError, type Mode, type Network, type NetworkTensor } from "./network.ts";

/** A layer as the API names it: PyTorch's options in snake_case, with its defaults. */
export type LayerSpec = SimpleLayerSpec | ResidualSpec;

const LAYERS = { ...simpleLayers, residual: residual((layers, inputShape) => sequential(layers, inputShape)) };

/** The entry of a spec's type, typed for any spec. */
const typeOf = (spec: LayerSpec) => LAYERS[spec.type] as LayerType<LayerSpec>;

/**
 * The network of the layers over inputs of a shape, both without the batch axis. Throws a LayerError where a layer does not
 * take what the one before it gives.
 */
export function sequential(specs: readonly LayerSpec[], inputShape: Shape): Network {
  const tensors: NetworkTensor[] = [];
  const draws: string[] = [];
  const layers: Network["layers"][number][] = [];
  let shape = inputShape;
  specs.forEach((spec, index) => {
    const input = shape;
    const type = typeOf(spec);
    const own = atLayer(spec, index, () => type.tensors?.(spec, input) ?? []);
    shape = atLayer(spec, index, () => type.outputShape(spec, input));
    tensors.push(...own.map((tensor) => ({ ...tensor, name: `${index}.${tensor.name}` })));
    draws.push(...(type.draws?.(spec, input) ?? []).map((within) => placeOf(index, within)));
    const parameterCount = own.reduce((total, { shape, trainable }) => total + (trainable ? sizeOf(shape) : 0), 0);
    layers.push({ type: spec.type, outputShape: shape, parameterCount });
  });
  return {
    tensors,
    parameters: tensors.filter(({ trainable }) => trainable),
    buffers: tensors.filter(({ trainable }) => !trainable),
    draws,
    layers,
    outputShape: shape,
    forward(x, lookUp, mode) {
      if (!sameShape(x.shape.slice(1), inputShape))
        throw new GraphError(`the network takes [batch, ${inputShape.join(", ")}], not [${x.shape.join(", ")}]`);
      return specs.reduce(
        (value, spec, index) => atLayer(spec, index, () => typeOf(spec).forward(value, spec, contextOf(index, lookUp, mode))),
        x,
      );
    },
  };
}

const placeOf = (index: number, within: string): string => (within === "" ? `${index}` : `${index}.${within}`);

function contextOf(index: number, lookUp: (name: string) => Tensor, { training, uniform, update }: Mode): LayerContext {
  return {
    training,
    tensor: (name) => lookUp(`${index}.${name}`),
    uniform(shape, within = "") {
      if (!uniform) throw new GraphError("needs random numbers in training, and none are provided");
      return uniform(placeOf(index, within), shape);
    },
    update: (name, next) => update?.(`${index}.${name}`, next),
  };
}

/** The result of `action`. A GraphError that it throws gets the layer's place in front of its message. */
function atLayer<T>({ type }: LayerSpec, index: number, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    throw new LayerError([index, ...(error instanceof LayerError ? error.place : [])], type, error);
  }
}
