/** Rows to predictions: a model's network compiled for one row and for blocks of rows. */
import { type FieldError, pointerOf } from "../domain/errors.ts";
import type { Model, Prediction } from "../domain/model.ts";
import type { PredictionResult } from "../domain/ports.ts";
import { MAX_FIELD_ERRORS } from "../domain/spec.ts";
import { type TensorSet, unpackTensors } from "../domain/tensor.ts";
import { compile, type Executable, graph, type Program, type Tensor } from "../engine/index.ts";
import { ACTIVATIONS, networkOf } from "./network.ts";

export interface Predictor {
  readonly memoryBytes: number;
  /** A prediction a row, or what is wrong with which row. Pointers start at /instances. */
  predict(instances: readonly (readonly unknown[])[]): PredictionResult;
}

/** Rows of the larger of the two programs. */
const BLOCK = 256;

/** Compiles a model's network. Block and single rows go through the same arithmetic. */
export function createPredictor(model: Model, weights: TensorSet): Predictor {
  const executable = compile({ row: forward(model, 1), block: forward(model, BLOCK) }, { maxMemoryBytes: 2 ** 32 - 2 ** 16 });
  for (const [name, values] of unpackTensors(weights)) executable.write(name, values);
  return {
    memoryBytes: executable.memoryBytes,
    predict(instances) {
      const errors = instancesErrors(instances, model.inputWidth);
      if (errors.length > 0) return { ok: false, errors };
      return { ok: true, predictions: predictRows(executable, model, instances as readonly (readonly number[])[]) };
    },
  };
}

function forward(model: Model, rows: number): Program {
  const network = networkOf(model.layers, model.inputWidth);
  const tensors = new Map(network.tensors.map(({ name, shape }) => [name, graph.state(name, shape)]));
  const x = graph.input("x", [rows, model.inputWidth]);
  const output = network.forward(x, (name) => tensors.get(name) as Tensor, { training: false });
  return { outputs: { y: ACTIVATIONS[model.activation](output) } };
}

function instancesErrors(instances: readonly (readonly unknown[])[], width: number): FieldError[] {
  const errors: FieldError[] = [];
  for (let row = 0; row < instances.length && errors.length < MAX_FIELD_ERRORS; row++) {
    const instance = instances[row];
    const path = ["instances", row];
    if (!Array.isArray(instance)) errors.push({ pointer: pointerOf(path), detail: `must be an array of ${width} numbers` });
    else if (instance.length !== width)
      errors.push({ pointer: pointerOf(path), detail: `has ${instance.length} values; the model takes ${width}` });
    else {
      const column = instance.findIndex((value) => typeof value !== "number" || !Number.isFinite(Math.fround(value)));
      if (column >= 0)
        errors.push({ pointer: pointerOf([...path, column]), detail: "must be a finite number that fits float32" });
    }
  }
  return errors;
}

function predictRows(executable: Executable, model: Model, rows: readonly (readonly number[])[]): Prediction[] {
  const predictions: Prediction[] = [];
  for (let start = 0; start < rows.length; ) {
    const program = rows.length - start >= 2 ? "block" : "row";
    const count = Math.min(program === "block" ? BLOCK : 1, rows.length - start);
    const x = executable.feed(program, "x");
    for (let row = 0; row < count; row++) x.set(rows[start + row] as readonly number[], row * model.inputWidth);
    executable.run(program, 1);
    const y = executable.result(program, "y");
    for (let row = 0; row < count; row++) {
      predictions.push(predictionOf(model, y.subarray(row * model.outputWidth, (row + 1) * model.outputWidth)));
    }
    start += count;
  }
  return predictions;
}

function predictionOf({ task, classes }: Model, output: ArrayLike<number>): Prediction {
  if (task === "regression") return { value: output.length === 1 ? (output[0] as number) : Array.from(output) };
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
