/** Rows to predictions: a model's network compiled for one row and for blocks of rows. */
import type { Model, Prediction } from "../domain/model.ts";
import type { PredictionResult } from "../domain/ports.ts";
import type { Scaling } from "../domain/preprocessing.ts";
import { type TensorSet, unpackTensors } from "../domain/tensor.ts";
import { compile, type Executable, graph, type Program, type Tensor } from "../engine/index.ts";
import { createRowReader, readInstances } from "./instances.ts";
import { ACTIVATIONS, embeddingsOf, networkOf } from "./network.ts";

export interface Predictor {
  readonly memoryBytes: number;
  /** A prediction a row (an array, or an object by column), or what is wrong with which row. Pointers start at /instances. */
  predict(instances: readonly unknown[]): PredictionResult;
}

/** Rows of the larger of the two programs. */
const BLOCK = 256;

/** Compiles a model's network. Block and single rows go through the same arithmetic. */
export function createPredictor(model: Model, weights: TensorSet): Predictor {
  const executable = compile({ row: forward(model, 1), block: forward(model, BLOCK) }, { maxMemoryBytes: 2 ** 32 - 2 ** 16 });
  for (const [name, values] of unpackTensors(weights)) executable.write(name, values);
  const read = createRowReader(model);
  return {
    memoryBytes: executable.memoryBytes,
    predict(instances) {
      const features = new Float32Array(instances.length * model.inputWidth);
      const errors = readInstances(read, instances, model.inputWidth, features);
      if (errors.length > 0) return { ok: false, errors };
      return { ok: true, predictions: predictRows(executable, model, features, instances.length) };
    },
  };
}

function forward(model: Model, rows: number): Program {
  const network = networkOf(model.layers, model.inputWidth, embeddingsOf(model.preprocessing?.columns ?? []));
  const tensors = new Map(network.tensors.map(({ name, shape }) => [name, graph.state(name, shape)]));
  const x = graph.input("x", [rows, model.inputWidth]);
  const output = network.forward(x, (name) => tensors.get(name) as Tensor, { training: false });
  return { outputs: { y: ACTIVATIONS[model.activation](output) } };
}

function predictRows(executable: Executable, model: Model, features: Float32Array, rows: number): Prediction[] {
  const { inputWidth, outputWidth } = model;
  const predictions: Prediction[] = [];
  for (let start = 0; start < rows; ) {
    const [program, count] = rows - start === 1 ? ["row", 1] : ["block", Math.min(BLOCK, rows - start)];
    executable.feed(program, "x").set(features.subarray(start * inputWidth, (start + count) * inputWidth));
    executable.run(program, 1);
    const y = executable.result(program, "y");
    for (let row = 0; row < count; row++) {
      predictions.push(predictionOf(model, y.subarray(row * outputWidth, (row + 1) * outputWidth)));
    }
    start += count;
  }
  return predictions;
}

function predictionOf({ task, classes, preprocessing }: Model, output: ArrayLike<number>): Prediction {
  if (task === "regression") {
    const values = Array.from(output, (value, column) => unscaled(value, preprocessing?.targets[column]?.scaling ?? null));
    return { value: values.length === 1 ? (values[0] as number) : values };
  }
  const probabilities = output.length === 1 ? [1 - (output[0] as number), output[0] as number] : Array.from(output);
  // The first of equal probabilities wins, as with argmax; of two classes, the second needs more than a half.
  const best = probabilities.reduce(
    (winner, probability, index) => (probability > (probabilities[winner] as number) ? index : winner),
    0,
  );
  return {
    label: classes[best] as string,
    probability: probabilities[best] as number,
    probabilities: Object.fromEntries(classes.map((label, index) => [label, probabilities[index] as number])),
  };
}

function unscaled(value: number, scaling: Scaling | null): number {
  return scaling ? value * scaling.scale + scaling.offset : value;
}
