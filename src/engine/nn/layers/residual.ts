/** The residual layer: x + f(x), where f is a stack of inner layers with tensors "layers.0.weight", "layers.0.bias", ... */
import { add, GraphError, type Shape, sameShape } from "../../graph.ts";
import type { SimpleLayerSpec } from "../layers.ts";
import { type BuildNetwork, innerStack } from "./inner.ts";
import { type LayerType, shapeText } from "./layer.ts";

export interface ResidualSpec {
  readonly type: "residual";
  readonly layers: readonly SimpleLayerSpec[];
}

/**
 * He et al., "Deep residual learning for image recognition", 2016. `networkOf` builds the inner stack. outputShape throws a
 * GraphError unless the inner stack keeps the shape.
 */
export function residual(networkOf: BuildNetwork<SimpleLayerSpec>): LayerType<ResidualSpec> {
  const stackOf = ({ layers }: ResidualSpec, inputShape: Shape) =>
    innerStack("layers", ["layers"], () => networkOf(layers, inputShape));
  return {
    outputShape(spec, inputShape) {
      const { outputShape } = stackOf(spec, inputShape);
      if (!sameShape(outputShape, inputShape))
        throw new GraphError(
          `residual adds the output of its layers to its input: they turn ${shapeText(inputShape)} into ${shapeText(outputShape)}`,
        );
      return inputShape;
    },
    tensors: (spec, inputShape) => stackOf(spec, inputShape).tensors,
    draws: (spec, inputShape) => stackOf(spec, inputShape).draws,
    forward: (x, spec, context) => add(x, stackOf(spec, x.shape.slice(1)).forward(x, context)),
  };
}
