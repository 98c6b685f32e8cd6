/** The contract of a layer type. A layer knows neither its position nor its neighbours. */
import type { Shape, Tensor } from "../../graph.ts";
import type { Initialise } from "../initialisers.ts";

export interface LayerTensor {
  /** "weight", "bias", "running_mean": PyTorch's name within the layer. */
  readonly name: string;
  readonly shape: Shape;
  readonly initialise: Initialise;
  /** False for a buffer, which the layer itself updates in training instead of the optimiser. */
  readonly trainable: boolean;
}

export interface LayerContext {
  readonly training: boolean;
  /** Returns the layer's parameter or buffer of this name. */
  tensor(name: string): Tensor;
  /**
   * Returns uniform numbers in [0, 1), new in each step, for the layer itself or for the inner layer `within`. Throws a
   * GraphError if the caller provides none.
   */
  uniform(shape: Shape, within?: string): Tensor;
  /** Sets the value of a buffer after the step, in training. */
  update(name: string, next: Tensor): void;
}

/** A layer type, as functions of the spec. Shapes omit the batch axis, which is the first axis in `forward`. */
export interface LayerType<Spec> {
  /** Returns the shape of the output. Throws a GraphError if the layer does not accept inputs of this shape. */
  outputShape(spec: Spec, inputShape: Shape): Shape;
  /** Returns parameters and buffers in PyTorch's order. A layer without this method has none. */
  tensors?(spec: Spec, inputShape: Shape): readonly LayerTensor[];
  /** Returns the inner layers that draw random numbers in training ("" is the layer itself). Without this method, none do. */
  draws?(spec: Spec, inputShape: Shape): readonly string[];
  /**
   * Returns the approximate multiplications for a row. Without this method, a parameter is used at each position of the output except along
   * the first axis.
   */
  multiplyAdds?(spec: Spec, inputShape: Shape): number;
  /** Returns the output [batch, ...outputShape] for x [batch, ...inputShape]. */
  forward(x: Tensor, spec: Spec, context: LayerContext): Tensor;
}

/** Formats a shape for messages. */
export const shapeText = (shape: Shape): string => `[${shape.join(", ")}]`;
