/** ONNX files run by onnxruntime (its WebAssembly build, one thread): a judge that shares nothing with the writer. */
import * as ort from "onnxruntime-web";
import type { Model } from "../../../src/domain/models/model.ts";
import { packTensors, type TensorSet } from "../../../src/domain/tensor.ts";
import { createRandom, streamKey } from "../../../src/engine/index.ts";
import { encodeOnnx } from "../../../src/formats/onnx/onnx.ts";
import { join } from "../../../src/formats/protobuf.ts";
import { embeddingsOf, networkOf } from "../../../src/training/run/network.ts";

ort.env.wasm.numThreads = 1;
ort.env.logLevel = "error";

export type Outputs = Readonly<Record<string, { readonly dims: readonly number[]; readonly data: ArrayLike<unknown> }>>;
export type Row = readonly unknown[];

/** Runs a model over rows as predict takes them. */
export async function runOnnx(model: Model, weights: TensorSet, rows: readonly Row[]): Promise<Outputs> {
  return (await runOnnxTimes(model, weights, [rows]))[0] as Outputs;
}

/** Runs a model over several batches of rows, one after the other: opening a file takes much longer than running it. */
export async function runOnnxTimes(model: Model, weights: TensorSet, batches: readonly (readonly Row[])[]): Promise<Outputs[]> {
  const session = await ort.InferenceSession.create(join(encodeOnnx(model, weights)));
  try {
    const outputs: Outputs[] = [];
    for (const rows of batches) outputs.push((await session.run(feedsOf(model, rows))) as unknown as Outputs);
    return outputs;
  } finally {
    await session.release();
  }
}

function feedsOf(model: Model, rows: readonly Row[]): Record<string, ort.Tensor> {
  if (!model.preprocessing) {
    return { features: new ort.Tensor("float32", Float32Array.from(rows.flat() as number[]), [rows.length, model.inputWidth]) };
  }
  const feeds = model.preprocessing.columns.map(({ kind, column }, index) => {
    const values = rows.map((row) => row[index] ?? null);
    if (kind === "category")
      return [
        column,
        new ort.Tensor(
          "string",
          values.map((value) => String(value ?? "")),
          [rows.length, 1],
        ),
      ];
    const numbers = values.map((value) =>
      value === null ? Number.NaN : kind === "datetime" ? Number(new Date(value as string)) : value,
    );
    return [column, new ort.Tensor("float64", Float64Array.from(numbers as number[]), [rows.length, 1])];
  });
  return Object.fromEntries(feeds) as Record<string, ort.Tensor>;
}

/** Weights for a model's network: each tensor some way off from how it starts, so that no bias is 0 and no variance 1. */
export function weightsFor(model: Pick<Model, "layers" | "inputWidth" | "preprocessing">, seed = 1): TensorSet {
  const network = networkOf(model.layers, model.inputWidth, embeddingsOf(model.preprocessing?.columns ?? []));
  return packTensors(
    network.tensors.map(({ name, shape, initialise }) => {
      const random = createRandom(streamKey(seed, name));
      const values = Array.from(initialise(random), (value) => value + 0.2 * random.uniform());
      return { name, shape, values };
    }),
  );
}
