/** Inference with a trained network over rows of features, compiled once for blocks of rows. Knows nothing of raw rows or labels. */
import type { Model } from "../../domain/models/model.ts";
import { type TensorSet, unpackTensors } from "../../domain/tensor.ts";
import {
  compile,
  graph,
  memoryFor,
  type Network,
  type Program,
  type Programs,
  type Team,
  type Tensor,
} from "../../engine/index.ts";
import { ACTIVATIONS, type Embedding, embeddingsOf, networkOf } from "../run/network.ts";
import { createPlanCache } from "../run/plan-cache.ts";

/** The parts of a model that define its network. */
export type Architecture = Pick<Model, "layers" | "preprocessing" | "inputWidth" | "outputWidth" | "activation">;

export interface Inference {
  readonly memoryBytes: number;
  /**
   * Zero-copy inference for up to SMALL_BLOCK rows: write their features to `x`, run, and read the outputs from `y`, both
   * row-major. These are the block's own tables: read the outputs before the next call.
   */
  readonly small: BlockTables;
  /** The same for the largest block, of `rows` rows. */
  readonly large: BlockTables;
  /** Returns the outputs after the final activation, [rows, outputWidth], for features [rows, inputWidth]. */
  outputs(features: Float32Array, rows: number): Float32Array<ArrayBuffer>;
  /** Takes other weights of the same network. */
  load(weights: TensorSet): void;
  /** The threads that compute blocks together, which others may join; null for one thread. */
  readonly team: Team | null;
  /** Releases the memory for the next network like it, and dismisses the team. The inference may not be used afterwards. */
  release(): void;
}

/** The tables of a block, and the function that computes one from the other. */
export interface BlockTables {
  readonly rows: number;
  readonly x: FloatTable;
  readonly y: FloatTable;
  /** Computes `y` from `x`. */
  run(): void;
}

/** Rows of the largest block. */
export const BLOCK = 256;
/**
 * Rows of the smallest block. For sixteen results or fewer, the compiler sums some products in another order
 * (engine/compiler/rewrite/lower.ts, schedule/iteration-space.ts): the last bits of a row would depend on the number of rows.
 */
export const SMALL_BLOCK = 32;

/**
 * Compiles a network for blocks of `sizes` rows, in ascending order. The output of a row does not depend on the other rows of
 * its block, nor on the block's size from SMALL_BLOCK on, nor on the number of threads. `shared` ones have a team where blocks take long.
 */
export function createInference(
  architecture: Architecture,
  weights: TensorSet,
  sizes: readonly number[],
  { shared = false } = {},
): Inference {
  const { layers, inputWidth, outputWidth, preprocessing, activation } = architecture;
  const { programs } = planOf({ layers, inputWidth, activation }, embeddingsOf(preprocessing?.columns ?? []), sizes);
  const executable = compile(programs, { maxMemoryBytes: 2 ** 32 - 2 ** 16, shared });
  const load = (given: TensorSet): void => {
    for (const [name, values] of unpackTensors(given)) executable.write(name, values);
  };
  load(weights);
  const blocks = sizes.map((size) => {
    const name = String(size);
    return { name, size, x: executable.feed(name, "x"), y: executable.result(name, "y") };
  });
  const tablesOf = ({ name, size, x, y }: Block): BlockTables => ({ rows: size, x, y, run: () => executable.run(name, 1) });
  return {
    memoryBytes: executable.memoryBytes,
    small: tablesOf(blocks[0] as Block),
    large: tablesOf(blocks.at(-1) as Block),
    outputs(features, rows) {
      const outputs = new Float32Array(rows * outputWidth);
      for (let start = 0; start < rows; ) {
        let index = 0;
        while (index < blocks.length - 1 && (blocks[index] as Block).size < rows - start) index++;
        const { name, size, x, y } = blocks[index] as Block;
        const count = Math.min(size, rows - start);
        x.set(count === rows ? features : features.subarray(start * inputWidth, (start + count) * inputWidth));
        executable.run(name, 1);
        outputs.set(y.subarray(0, count * outputWidth), start * outputWidth);
        start += count;
      }
      return outputs;
    },
    load,
    team: executable.team,
    release() {
      executable.team?.dismiss();
      executable.release();
    },
  };
}

/** The programs of a network for blocks of `sizes` rows, cached for the next network like it. */
const planOf = createPlanCache(
  (
    { layers, inputWidth, activation }: Pick<Architecture, "layers" | "inputWidth" | "activation">,
    embeddings: readonly Embedding[],
    sizes: readonly number[],
  ): { readonly programs: Programs } => {
    const network = networkOf(layers, inputWidth, embeddings);
    return {
      programs: Object.fromEntries(sizes.map((size) => [String(size), forward(network, { inputWidth, activation }, size)])),
    };
  },
);

/** The program for blocks of one size, with its tables. */
interface Block {
  readonly name: string;
  readonly size: number;
  readonly x: FloatTable;
  readonly y: FloatTable;
}

type FloatTable = Float32Array<ArrayBuffer>;

/** Computes the bytes that evaluating a network needs, without allocating: its weights and a block of rows. */
export function blockMemory(
  architecture: Pick<Architecture, "layers" | "inputWidth" | "activation">,
  embeddings: readonly Embedding[],
): number {
  return memoryFor(planOf(architecture, embeddings, [BLOCK]).programs);
}

/** Computes the bytes that predicting with a network needs, without allocating. */
export function inferenceMemory(architecture: Architecture): number {
  const network = architectureNetwork(architecture);
  return memoryFor({ row: forward(network, architecture, 1), block: forward(network, architecture, BLOCK) });
}

/** Builds the network of a model, including embedded columns. */
export function architectureNetwork({ layers, inputWidth, preprocessing }: Architecture): Network {
  return networkOf(layers, inputWidth, embeddingsOf(preprocessing?.columns ?? []));
}

function forward(
  network: Network,
  { inputWidth, activation }: Pick<Architecture, "inputWidth" | "activation">,
  rows: number,
): Program {
  const tensors = new Map(network.tensors.map(({ name, shape }) => [name, graph.state(name, shape)]));
  const x = graph.input("x", [rows, inputWidth]);
  const output = network.forward(x, (name) => tensors.get(name) as Tensor, { training: false });
  return { outputs: { y: ACTIVATIONS[activation](output) } };
}
