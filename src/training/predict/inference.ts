/** A trained network over rows of features: compiled once, for blocks of rows. Knows nothing of raw rows or of labels. */
import type { Model } from "../../domain/models/model.ts";
import { type TensorSet, unpackTensors } from "../../domain/tensor.ts";
import { compile, graph, memoryFor, type Network, type Program, type Tensor } from "../../engine/index.ts";
import { ACTIVATIONS, embeddingsOf, networkOf } from "../run/network.ts";

/** What of a model its network is made of. */
export type Architecture = Pick<Model, "layers" | "preprocessing" | "inputWidth" | "outputWidth" | "activation">;

export interface Inference {
  readonly memoryBytes: number;
  /**
   * For up to SMALL_BLOCK rows at hand, without a copy: write their features to `x`, run, and read the outputs in `y`, both row
   * after row. They are the block's own tables: take from them before the next call.
   */
  readonly small: { readonly x: FloatTable; readonly y: FloatTable; run(): void };
  /** Outputs after the final activation, [rows, outputWidth], for features [rows, inputWidth]. */
  outputs(features: Float32Array, rows: number): Float32Array<ArrayBuffer>;
}

/** Rows of the largest block. */
export const BLOCK = 256;
/**
 * Rows of the smallest. With sixteen results or fewer, the compiler sums some products in another order (compiler/lower.ts,
 * compiler/space.ts): a row would have other last bits alone than among others.
 */
export const SMALL_BLOCK = 32;

/**
 * Compiles a network for blocks of `sizes` rows, in ascending order. A row gives the same output in a block of any size from
 * SMALL_BLOCK on, and whatever else is in the block.
 */
export function createInference(architecture: Architecture, weights: TensorSet, sizes: readonly number[]): Inference {
  const { inputWidth, outputWidth } = architecture;
  const network = architectureNetwork(architecture);
  const programs = Object.fromEntries(sizes.map((size) => [String(size), forward(network, architecture, size)]));
  const executable = compile(programs, { maxMemoryBytes: 2 ** 32 - 2 ** 16 });
  for (const [name, values] of unpackTensors(weights)) executable.write(name, values);
  const blocks = sizes.map((size) => {
    const name = String(size);
    return { name, size, x: executable.feed(name, "x"), y: executable.result(name, "y") };
  });
  const { name: smallest, x, y } = blocks[0] as Block;
  return {
    memoryBytes: executable.memoryBytes,
    small: { x, y, run: () => executable.run(smallest, 1) },
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
  };
}

/** A program for blocks of a size, with its tables. */
interface Block {
  readonly name: string;
  readonly size: number;
  readonly x: FloatTable;
  readonly y: FloatTable;
}

type FloatTable = Float32Array<ArrayBuffer>;

/** Bytes that predicting with a network takes. Computed, not tried. */
export function inferenceMemory(architecture: Architecture): number {
  const network = architectureNetwork(architecture);
  return memoryFor({ row: forward(network, architecture, 1), block: forward(network, architecture, BLOCK) });
}

/** The network of a model, embedded columns included. */
export function architectureNetwork({ layers, inputWidth, preprocessing }: Architecture): Network {
  return networkOf(layers, inputWidth, embeddingsOf(preprocessing?.columns ?? []));
}

function forward(network: Network, { inputWidth, activation }: Architecture, rows: number): Program {
  const tensors = new Map(network.tensors.map(({ name, shape }) => [name, graph.state(name, shape)]));
  const x = graph.input("x", [rows, inputWidth]);
  const output = network.forward(x, (name) => tensors.get(name) as Tensor, { training: false });
  return { outputs: { y: ACTIVATIONS[activation](output) } };
}
