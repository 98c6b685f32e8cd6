/** Chooses the training rows that are left out, and the weights of the others meanwhile. Knows nothing of networks. */
import type { DatasetRows } from "../../domain/datasets/dataset.ts";
import type { RowChoice } from "../../domain/explanations/influence.ts";
import type { ResolvedSpec } from "../../domain/spec/spec.ts";
import { createRandom, streamKey } from "../../engine/index.ts";
import { meanOne } from "../data/data.ts";

/**
 * The row weights of a job, by their numbers in the data, as its column has them; null if all weights are 1. Throws if they were not
 * loaded.
 */
export function givenWeights({ data }: Pick<ResolvedSpec, "data">, dataset: DatasetRows | null): ArrayLike<number> | null {
  const column = "dataset" in data ? data.dataset.weights : null;
  if (column === null) return null;
  const values = dataset?.values.get(column);
  if (!values) throw new Error(`the values of column ${column} were not loaded`);
  return values;
}

/** The training rows that count, by their numbers in the data: those of weight 0 taught the network nothing. */
export function countedRows(train: Int32Array, weights: ArrayLike<number> | null): Int32Array {
  return weights ? train.filter((row) => (weights[row] as number) > 0) : train;
}

/** The rows to leave out, by their numbers in the data: all, some by a seed in their order, or the named ones, each once. */
export function chosenRows(counted: Int32Array, choice: RowChoice | null): number[] {
  if (choice === null) return [...counted];
  if (Array.isArray(choice)) return [...new Set(choice)];
  if (choice.sample >= counted.length) return [...counted];
  const order = createRandom(streamKey(choice.seed, "influence")).permutation(counted.length);
  return [...order.subarray(0, choice.sample)].map((place) => counted[place] as number).sort((a, b) => a - b);
}

/**
 * Creates the function that returns the weights of the rows `train` while one of them has weight 0, or none if it is null: with the bits of
 * a job whose weight column says so.
 */
export function createLeftOutWeights(
  train: Int32Array,
  given: ArrayLike<number> | null,
): (row: number | null) => Float32Array<ArrayBuffer> {
  const last = train.reduce((most, row) => Math.max(most, row), 0);
  const weights = Float64Array.from({ length: last + 1 }, (_, row) => given?.[row] ?? 1);
  return (row) => {
    if (row === null) return meanOne(weights, train);
    const own = weights[row] as number;
    weights[row] = 0;
    const left = meanOne(weights, train);
    weights[row] = own;
    return left;
  };
}
