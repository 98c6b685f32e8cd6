/** The interface of a network to training and inference. sequential.ts builds networks. */
import { GraphError, type Shape, type Tensor } from "../graph.ts";
import type { LayerTensor } from "./layers/layer.ts";

/** Named by the layer's index and PyTorch's name within the layer, "0.weight". A linear weight is [out, in]. */
export type NetworkTensor = LayerTensor;

export interface Mode {
  readonly training: boolean;
  /** Uniform numbers in [0, 1) for a layer, new in each step, for dropout in training. */
  readonly uniform?: ((layer: string, shape: Shape) => Tensor) | undefined;
  /** Called in training with the value of each buffer after the step. */
  readonly update?: ((buffer: string, next: Tensor) => void) | undefined;
  /** Called with the output of each layer, [batch, ...], by its number. */
  readonly observe?: ((layer: number, output: Tensor) => void) | undefined;
}

export interface Network {
  /** Parameters and buffers, in the order of PyTorch's state_dict. */
  readonly tensors: readonly NetworkTensor[];
  /** The trainable tensors, which an optimiser updates. */
  readonly parameters: readonly NetworkTensor[];
  /** The tensors that layers update themselves in training: running statistics. */
  readonly buffers: readonly NetworkTensor[];
  /** Paths of the layers that draw random numbers in training: "2", "3.layers.1". */
  readonly draws: readonly string[];
  readonly layers: readonly {
    readonly type: string;
    readonly outputShape: Shape;
    readonly parameterCount: number;
    /** Approximate multiplications for a row. */
    readonly multiplyAdds: number;
  }[];
  /** Without the batch axis. */
  readonly outputShape: Shape;
  /** Returns the output [batch, ...outputShape] for x [batch, ...inputShape]. `tensor` returns parameters and buffers by name. */
  forward(x: Tensor, tensor: (name: string) => Tensor, mode: Mode): Tensor;
}

/** Thrown when a layer does not accept the output of the layer before it, or an option does not fit its input. */
export class LayerError extends GraphError {
  /** Leads to the layer, or to its option, from the list of all layers: [1], [1, "layers", 0], [2, "features", 3]. */
  readonly path: readonly (string | number)[];
  /** The message without the layer. */
  readonly detail: string;

  constructor(path: LayerError["path"], detail: string, message = detail) {
    super(message);
    this.path = path;
    this.detail = detail;
  }
}
