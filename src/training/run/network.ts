/** The network of a job: the embedding tables of its columns, its layers, and the activation that makes outputs predictions. */

import { type EncodedColumn, featureNames } from "../../domain/datasets/preprocessing.ts";
import type { Model } from "../../domain/models/model.ts";
import type { Layer } from "../../domain/spec/layers.ts";
import type { Loss } from "../../domain/spec/optimization.ts";
import { graph, inScope, type Network, type NetworkTensor, nn, sequential, type Tensor } from "../../engine/index.ts";

/** A feature of category indices, each of which is embedded as `dimension` numbers. */
export interface Embedding {
  readonly column: string;
  /** Index of the feature in a row. */
  readonly feature: number;
  /** Rows of the table: one per category, and one for unknown categories. */
  readonly entries: number;
  readonly dimension: number;
}

/** Returns the embedded columns of a row. */
export function embeddingsOf(columns: readonly EncodedColumn[]): Embedding[] {
  let feature = 0;
  return columns.flatMap((column) => {
    const place = feature;
    feature += featureNames(column).length;
    if (column.kind !== "category" || column.dimension === null) return [];
    return [{ column: column.column, feature: place, entries: column.categories.length + 1, dimension: column.dimension }];
  });
}

/**
 * Builds a network over rows of `width` numbers. Every linear layer must state its units. Embedded columns are replaced by rows
 * of their tables first; the parameter of a table is named embedding.<column>.weight and is [entries, dimension], as in
 * PyTorch.
 */
export function networkOf(layers: readonly Layer[], width: number, embeddings: readonly Embedding[] = []): Network {
  const inner = sequential(layers, [embeddings.reduce((total, { dimension }) => total + dimension - 1, width)]);
  if (embeddings.length === 0) return inner;
  const tables = embeddings.map(tableOf);
  return {
    ...inner,
    tensors: [...tables, ...inner.tensors],
    parameters: [...tables, ...inner.parameters],
    forward: (x, parameters, mode) =>
      inner.forward(
        inScope({ segment: "embedding", type: "embedding" }, () => embed(x, embeddings, parameters)),
        parameters,
        mode,
      ),
  };
}

/** Returns the network with the weights of some layers frozen, so that the optimiser does not train them. */
export function freeze(network: Network, layers: readonly number[]): Network {
  if (layers.length === 0) return network;
  const isHeld = ({ name }: NetworkTensor) => layers.some((layer) => name.startsWith(`${layer}.`));
  return {
    ...network,
    tensors: network.tensors.map((tensor) => (isHeld(tensor) ? { ...tensor, trainable: false } : tensor)),
    parameters: network.parameters.filter((tensor) => !isHeld(tensor)),
  };
}

const tableName = (column: string) => `embedding.${column}.weight`;

/** The table of an embedding, initialised as in PyTorch's nn.Embedding: N(0, 1). */
function tableOf({ column, entries, dimension }: Embedding): NetworkTensor {
  return {
    name: tableName(column),
    shape: [entries, dimension],
    trainable: true,
    initialise: (random) => Float64Array.from({ length: entries * dimension }, () => random.normal()),
  };
}

/** Replaces each embedded feature by its row of the table, at the same position. */
function embed(x: Tensor, embeddings: readonly Embedding[], parameters: (name: string) => Tensor): Tensor {
  const [rows, width] = x.shape as [number, number];
  const columns = (start: number, stop: number) =>
    graph.slice(x, [
      { start: 0, stop: rows, step: 1 },
      { start, stop, step: 1 },
    ]);
  const pieces: Tensor[] = [];
  let next = 0;
  for (const { column, feature } of embeddings) {
    if (feature > next) pieces.push(columns(next, feature));
    const positions = graph.reshape(columns(feature, feature + 1), [rows]);
    pieces.push(nn.lookUp(parameters(tableName(column)), positions));
    next = feature + 1;
  }
  if (next < width) pieces.push(columns(next, width));
  return nn.cat(pieces, 1);
}

/** The activation that converts the output of a network trained with each loss into probabilities. */
export const LOSS_ACTIVATION: Readonly<Record<Loss["type"], Model["activation"]>> = {
  mse: "none",
  l1: "none",
  huber: "none",
  pinball: "none",
  bce: "none",
  bce_with_logits: "sigmoid",
  cross_entropy: "softmax",
};

/** The activations as graphs, over [rows, outputs]. */
export const ACTIVATIONS: Readonly<Record<Model["activation"], (output: Tensor) => Tensor>> = {
  none: (output) => output,
  sigmoid: nn.sigmoid,
  softmax: (output) => nn.softmax(output, -1),
};
