/** A stack of layers, with tensors named as in PyTorch's nn.Sequential: "0.weight", "0.bias", "1.running_mean", ... */
import { GraphError, type Shape, sameShape, sizeOf, type Tensor } from "../graph.ts";
import { inScope } from "../scope.ts";
import { type EnsembleSpec, ensemble } from "./layers/ensemble.ts";
import type { LayerContext, LayerType } from "./layers/layer.ts";
import { type ResidualSpec, residual } from "./layers/residual.ts";
import { type SimpleLayerSpec, layers as simpleLayers } from "./layers.ts";
import { LayerError, type Mode, type Network, type NetworkTensor } from "./network.ts";

/** A layer as the API names it, with PyTorch's options in snake_case and its defaults. */
export type LayerSpec = SimpleLayerSpec | ResidualSpec | EnsembleSpec;

const LAYERS = {
  ...simpleLayers,
  residual: residual((layers, inputShape) => sequential(layers, inputShape)),
  ensemble: ensemble((layers, inputShape) => sequential(layers, inputShape)),
};

/** The table entry of a spec's type, typed for any spec. */
const typeOf = (spec: LayerSpec) => LAYERS[spec.type] as LayerType<LayerSpec>;

/**
 * Builds a network from layers, for inputs of a shape without the batch axis. Throws a LayerError if a layer does not accept
 * the output of the layer before it.
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
    draws.push(...(type.draws?.(spec, input) ?? []).map((within) => pathOf(index, within)));
    const parameterCount = own.reduce((total, { shape, trainable }) => total + (trainable ? sizeOf(shape) : 0), 0);
    const multiplyAdds = type.multiplyAdds?.(spec, input) ?? parameterCount * sizeOf(shape.slice(1));
    layers.push({ type: spec.type, outputShape: shape, parameterCount, multiplyAdds });
  });
  return {
    tensors,
    parameters: tensors.filter(({ trainable }) => trainable),
    buffers: tensors.filter(({ trainable }) => !trainable),
    draws,
    layers,
    outputShape: shape,
    forward(x, tensor, mode) {
      if (!sameShape(x.shape.slice(1), inputShape))
        throw new GraphError(`the network takes [batch, ${inputShape.join(", ")}], not [${x.shape.join(", ")}]`);
      return specs.reduce((value, spec, index) => {
        const context = contextOf(index, tensor, mode);
        const output = atLayer(spec, index, () =>
          inScope({ segment: `${index}`, type: spec.type }, () => typeOf(spec).forward(value, spec, context)),
        );
        mode.observe?.(index, output);
        return output;
      }, x);
    },
  };
}

const pathOf = (index: number, within: string): string => (within === "" ? `${index}` : `${index}.${within}`);

function contextOf(index: number, tensor: (name: string) => Tensor, { training, uniform, update }: Mode): LayerContext {
  return {
    training,
    tensor: (name) => tensor(`${index}.${name}`),
    uniform(shape, within = "") {
      if (!uniform) throw new GraphError("needs random numbers in training, and none are provided");
      return uniform(pathOf(index, within), shape);
    },
    update: (name, next) => update?.(`${index}.${name}`, next),
  };
}

/** Runs `action` and rethrows a GraphError as a LayerError that names the layer. */
function atLayer<T>({ type }: LayerSpec, index: number, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    const { path, detail } = error instanceof LayerError ? error : { path: [], detail: error.message };
    throw new LayerError([index, ...path], detail, `layer ${index} (${type}): ${error.message}`);
  }
}
