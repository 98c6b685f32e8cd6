/** A stack of layers within a layer: its tensors, random numbers and errors carry the name of its position. */
import type { Shape, Tensor } from "../../graph.ts";
import { inScope } from "../../scope.ts";
import { LayerError, type Network } from "../network.ts";
import type { LayerContext, LayerTensor } from "./layer.ts";

/** Builds the network of inner layers, for inputs of a shape without the batch axis. */
export type BuildNetwork<Spec> = (layers: readonly Spec[], inputShape: Shape) => Network;

/** An inner stack, as its layer sees it. */
export interface InnerStack {
  readonly outputShape: Shape;
  readonly tensors: readonly LayerTensor[];
  readonly draws: readonly string[];
  readonly multiplyAdds: number;
  /** Returns the output [batch, ...outputShape] for x [batch, ...inputShape]. */
  forward(x: Tensor, context: LayerContext): Tensor;
}

/**
 * Builds an inner stack whose tensors are named below `name` ("members.3"), as PyTorch names those of a submodule. `path` leads to
 * its layers in the spec of the outer layer; a LayerError of the stack names it first.
 */
export function innerStack(name: string, path: LayerError["path"], build: () => Network): InnerStack {
  const prefix = `${name}.`;
  const network = within(path, build);
  return {
    outputShape: network.outputShape,
    tensors: network.tensors.map((tensor) => ({ ...tensor, name: prefix + tensor.name })),
    multiplyAdds: network.layers.reduce((total, { multiplyAdds }) => total + multiplyAdds, 0),
    draws: network.draws.map((layer) => prefix + layer),
    forward: (x, { training, tensor, uniform, update }) =>
      within(path, () =>
        inScope({ segment: name }, () =>
          network.forward(x, (inner) => tensor(prefix + inner), {
            training,
            uniform: (layer, shape) => uniform(shape, prefix + layer),
            update: (inner, next) => update(prefix + inner, next),
          }),
        ),
      ),
  };
}

function within<T>(path: LayerError["path"], action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof LayerError)) throw error;
    throw new LayerError([...path, ...error.path], error.detail, error.message);
  }
}
