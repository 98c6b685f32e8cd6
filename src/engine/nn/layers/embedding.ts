/** The embedding layer: each number of the input is the index of a row in a table of weights. */
import { GraphError } from "../../graph.ts";
import { lookUp } from "../functional.ts";
import { type InitialiserSpec, initialiser } from "../initialisers.ts";
import type { LayerType } from "./layer.ts";

export interface EmbeddingSpec {
  readonly type: "embedding";
  /** Rows of the table: inputs are integers 0..num_embeddings-1. Any other number gives zeros and no gradient. */
  readonly num_embeddings: number;
  readonly embedding_dim: number;
  readonly init?: { readonly weight?: InitialiserSpec | undefined } | undefined;
}

/** torch.nn.Embedding: [..., n] becomes [..., n, embedding_dim]. */
export const embedding: LayerType<EmbeddingSpec> = {
  outputShape({ embedding_dim }, inputShape) {
    if (inputShape.length > 3) throw new GraphError("embedding takes inputs of at most three axes");
    return [...inputShape, embedding_dim];
  },
  tensors({ num_embeddings, embedding_dim, init = {} }) {
    const shape = [num_embeddings, embedding_dim];
    return [{ name: "weight", shape, initialise: initialiser(init.weight, shape, "normal"), trainable: true }];
  },
  forward: (x, _, { tensor }) => lookUp(tensor("weight"), x),
};
