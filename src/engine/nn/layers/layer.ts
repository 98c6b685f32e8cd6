/** The contract of a layer type. A layer knows neither its position nor its neighbours. */
import type { Shape, Tensor } from "../../graph.ts";
import type { Initialise } from "../initialisers.ts";

export interface LayerTensor {
  /** "weight", "bias", "running_mean": PyTorch's name within the layer. */
  readonly name: string;
  readonly shape: Shape;
  readonly initialise: Initialise;
  /** False for a buffer: part of the state, but the layer itself says how it moves on in training, not the optimiser. */
  readonly trainable: boolean;
}

export interface LayerContext {
  readonly training: boolean;
  /** The layer's parameter or buffer of that name. */
  tensor(name: string): Tensor;
  /**
   * Uniform numbers in [0, 1), new in each step, for the layer itself or for a layer `within` it. Throws a GraphError where
   * the caller provides none.
   */
  uniform(shape: Shape, within?: string): Tensor;
  /** In training: what a buffer becomes after the step. */
  update(name: string, next: Tensor): void;
}

/** A type of layer: a function of its spec. Shapes are without the batch axis, which comes first in `forward`. */
export interface LayerType<Spec> {
  /** Throws a GraphError where the layer does not take such an input. */
  outputShape(spec: Spec, inputShape: Shape): Shape;
  /** Parameters and buffers in PyTorch's order; without it, the layer has none. */
  tensors?(spec: Spec, inputShape: Shape): readonly LayerTensor[];
  /** Which layers within this one draw random numbers in training ("" is the layer itself); without it, none does. */
  draws?(spec: Spec, inputShape: Shape): readonly string[];
  /** The layer's output [batch, ...outputShape] for x [batch, ...inputShape]. */
  forward(x: Tensor, spec: Spec, context: LayerContext): Tensor;
}

/** A shape as a message shows it. */
export const shapeText = (shape: Shape): string => `[${shape.join(", ")}]`;
