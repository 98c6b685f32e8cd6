/** What a type of layer must say of itself. A layer knows neither its position nor its neighbours. */
import type { Shape, Tensor } from "../../graph.ts";
import type { Initialise } from "../initialisers.ts";

export interface LayerParameter {
  /** "weight", "bias": PyTorch's name within the layer. */
  readonly name: string;
  readonly shape: Shape;
  readonly initialise: Initialise;
}

export interface LayerContext {
  readonly training: boolean;
  /** The layer's parameter of that name. */
  parameter(name: string): Tensor;
  /** Uniform numbers in [0, 1), new in each step. Throws a GraphError where the caller provides none. */
  uniform(shape: Shape): Tensor;
}

/** A type of layer: a function of its spec. Shapes are without the batch axis, which comes first in `forward`. */
export interface LayerType<Spec> {
  /** Throws a GraphError where the layer does not take such an input. */
  outputShape(spec: Spec, inputShape: Shape): Shape;
  /** Without it, the layer has none. */
  parameters?(spec: Spec, inputShape: Shape): readonly LayerParameter[];
  forward(x: Tensor, spec: Spec, context: LayerContext): Tensor;
}
