/** A network as training and inference see it. sequential.ts builds one. */
import { GraphError, type Shape, type Tensor } from "../graph.ts";
import type { LayerTensor } from "./layers/layer.ts";

/** Its name is the place of the layer and PyTorch's name within it, "0.weight"; a linear weight is [out, in]. */
export type NetworkTensor = LayerTensor;

export interface Mode {
  readonly training: boolean;
  /** Uniform numbers in [0, 1) for a layer, new in each step: what dropout draws in training. */
  readonly uniform?: ((layer: string, shape: Shape) => Tensor) | undefined;
  /** Told, in training, what each buffer becomes after the step. */
  readonly update?: ((buffer: string, next: Tensor) => void) | undefined;
}

export interface Network {
  /** Parameters and buffers, in the order of PyTorch's state_dict. */
  readonly tensors: readonly NetworkTensor[];
  /** Those that an optimiser trains. */
  readonly parameters: readonly NetworkTensor[];
  /** Those that layers move on by themselves in training: running statistics. */
  readonly buffers: readonly NetworkTensor[];
  /** Layers that draw random numbers in training, by their place: "2", "3.layers.1". */
  readonly draws: readonly string[];
  readonly layers: readonly {
    readonly type: string;
    readonly outputShape: Shape;
    readonly parameterCount: number;
  }[];
  /** Without the batch axis. */
  readonly outputShape: Shape;
  /** The output [batch, ...outputShape] for x [batch, ...inputShape]; `lookUp` gives parameters and buffers by name. */
  forward(x: Tensor, lookUp: (name: string) => Tensor, mode: Mode): Tensor;
}

/** A layer that does not take what the one before it gives. */
export class LayerError extends GraphError {
  /** Its place; for a layer within another, that one's place first. */
  readonly place: readonly number[];
  /** What is wrong, without the place. */
  readonly detail: string;

  constructor(place: readonly number[], type: string, cause: GraphError) {
    super(`layer ${place[0]} (${type}): ${cause.message}`, { cause });
    this.place = place;
    this.detail = cause instanceof LayerError ? cause.detail : cause.message;
  }
}
