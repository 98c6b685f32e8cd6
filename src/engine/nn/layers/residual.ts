/** The residual layer: x + f(x), where f is a stack of inner layers with tensors "layers.0.weight", "layers.0.bias", ... */
import { add, GraphError, type Shape, sameShape } from "../../graph.ts";
import type { SimpleLayerSpec } from "../layers.ts";
import type { Network } from "../network.ts";
import { type LayerType, shapeText } from "./layer.ts";

export interface ResidualSpec {
  readonly type: "residual";
  readonly layers: readonly SimpleLayerSpec[];
}

const PREFIX = "layers.";

/**
 * He et al., "Deep residual learning for image recognition", 2016. `networkOf` builds the inner stack. outputShape throws a
 * GraphError unless the inner stack keeps the shape.
 */
export const residual = (
  networkOf: (layers: readonly SimpleLayerSpec[], inputShape: Shape) => Network,
): LayerType<ResidualSpec> => ({
  outputShape({ layers }, inputShape) {
    const { outputShape } = networkOf(layers, inputShape);
    if (!sameShape(outputShape, inputShape))
      throw new GraphError(
        `residual adds the output of its layers to its input: they turn ${shapeText(inputShape)} into ${shapeText(outputShape)}`,
      );
    return inputShape;
  },
  tensors: ({ layers }, inputShape) =>
    networkOf(layers, inputShape).tensors.map((tensor) => ({ ...tensor, name: PREFIX + tensor.name })),
  draws: ({ layers }, inputShape) => networkOf(layers, inputShape).draws.map((layer) => PREFIX + layer),
  forward(x, { layers }, { training, tensor, uniform, update }) {
    const inner = networkOf(layers, x.shape.slice(1));
    const change = inner.forward(x, (name) => tensor(PREFIX + name), {
      training,
      uniform: (layer, shape) => uniform(shape, PREFIX + layer),
      update: (name, next) => update(PREFIX + name, next),
    });
    return add(x, change);
  },
});
