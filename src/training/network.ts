/** The network of a spec: its layers over rows of a width, and how its output becomes a prediction. */
import type { Layer } from "../domain/layers.ts";
import type { Model } from "../domain/model.ts";
import type { Loss } from "../domain/optimization.ts";
import { type Network, nn, sequential, type Tensor } from "../engine/index.ts";

/** A network over rows of `width` numbers. Every linear layer must state its units. */
export function networkOf(layers: readonly Layer[], width: number): Network {
  return sequential(layers, [width]);
}

/** What turns the output of a network that was trained with a loss into probabilities. */
export const LOSS_ACTIVATION: Readonly<Record<Loss["type"], Model["activation"]>> = {
  mse: "none",
  l1: "none",
  huber: "none",
  bce: "none",
  bce_with_logits: "sigmoid",
  cross_entropy: "softmax",
};

/** The same activations as graphs, over [rows, outputs]. */
export const ACTIVATIONS: Readonly<Record<Model["activation"], (output: Tensor) => Tensor>> = {
  none: (output) => output,
  sigmoid: nn.sigmoid,
  softmax: (output) => nn.softmax(output, -1),
};
