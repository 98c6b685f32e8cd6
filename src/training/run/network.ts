/** The network of a job: its layers, the tables of embedded columns before them, and how its output becomes a prediction. */

import { type EncodedColumn, featureNames } from "../../domain/datasets/preprocessing.ts";
import type { Model } from "../../domain/models/model.ts";
import type { Layer } from "../../domain/spec/layers.ts";
import type { Loss } from "../../domain/spec/optimization.ts";
import { graph, type Network, type NetworkTensor, nn, sequential, type Tensor } from "../../engine/index.ts";

/** A feature that holds positions, each of which a table replaces with `dimension` numbers. */
export interface Embedding {
  readonly column: string;
  /** Place of the feature in a row. */
  readonly feature: number;
  /** Rows of the table: the categories, and one for any other. */
  readonly entries: number;
  readonly dimension: number;
}

/** The embedded ones among the columns of a row. */
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
 * A network over rows of `width` numbers. Every linear layer must state its units. Embedded columns are replaced by their
 * table's row first; a table's parameter is named embedding.<column>.weight and has PyTorch's layout, [entries, dimension].
 */
export function networkOf(layers: readonly Layer[], width: number, embeddings: readonly Embedding[] = []): Network {
  const inner = sequential(layers, [embeddings.reduce((total, { dimension }) => total + dimension - 1, width)]);
  if (embeddings.length === 0) return inner;
  const tables = embeddings.map(tableOf);
  return {
    ...inner,
    tensors: [...tables, ...inner.tensors],
    parameters: [...tables, ...inner.parameters],
    forward: (x, parameters, mode) => inner.forward(embed(x, embeddings, parameters), parameters, mode),
  };
}

/** The same network with the weights of some layers held: an optimiser has nothing to do with them. */
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

/** Starts as PyTorch's nn.Embedding: N(0, 1). */
function tableOf({ column, entries, dimension }: Embedding): NetworkTensor {
  return {
    name: tableName(column),
    shape: [entries, dimension],
    trainable: true,
    initialise: (random) => Float64Array.from({ length: entries * dimension }, () => random.normal()),
  };
}

/** The features, with the positions among them replaced by rows of their tables, in place. */
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
