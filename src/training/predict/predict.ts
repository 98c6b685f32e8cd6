/** Rows to predictions: a model's network compiled for one row and for blocks of rows. */

import type { Scaling } from "../../domain/datasets/preprocessing.ts";
import type { Model, Prediction } from "../../domain/models/model.ts";
import { createRemarkCollector } from "../../domain/models/remarks.ts";
import type { PredictionResult } from "../../domain/ports.ts";
import type { TensorSet } from "../../domain/tensor.ts";
import { BLOCK, createInference, SMALL_BLOCK } from "./inference.ts";
import { createRowReader, readInstances } from "./instances.ts";

export interface Predictor {
  readonly memoryBytes: number;
  /** A prediction a row (an array, or an object by column), or what is wrong with which row. Pointers start at /instances. */
  predict(instances: readonly unknown[]): PredictionResult;
}

/** Compiles a model's network. Block and single rows go through the same arithmetic. */
export function createPredictor(model: Model, weights: TensorSet): Predictor {
  const inference = createInference(model, weights, [SMALL_BLOCK, BLOCK]);
  const collector = createRemarkCollector();
  const read = createRowReader(model, (column, offset, raw) => collector.add(column, offset / model.inputWidth, raw));
  return {
    memoryBytes: inference.memoryBytes,
    predict(instances) {
      const { inputWidth, outputWidth } = model;
      const rows = instances.length;
      const isSmall = rows <= SMALL_BLOCK;
      const features = isSmall ? inference.small.x : new Float32Array(rows * inputWidth);
      const errors = readInstances(read, instances, inputWidth, features);
      const remarks = collector.take();
      if (errors.length > 0) return { ok: false, errors };
      if (isSmall) inference.small.run();
      const outputs = isSmall ? inference.small.y : inference.outputs(features, rows);
      const predictions: Prediction[] = [];
      for (let row = 0; row < rows; row++) predictions.push(predictionOf(model, outputs, row * outputWidth));
      return { ok: true, predictions, remarks };
    },
  };
}

/** The prediction of the outputs that begin at `offset`. */
function predictionOf({ task, classes, preprocessing, outputWidth }: Model, outputs: Float32Array, offset: number): Prediction {
  if (task === "regression") {
    const values: number[] = [];
    for (let column = 0; column < outputWidth; column++) {
      values.push(unscaled(outputs[offset + column] as number, preprocessing?.targets[column]?.scaling ?? null));
    }
    return { value: values.length === 1 ? (values[0] as number) : values };
  }
  const probabilities: number[] = [];
  // The first of equal probabilities wins, as with argmax; of two classes, the second needs more than a half.
  let best = 0;
  let probability = Number.NaN;
  for (let index = 0; index < classes.length; index++) {
    const single = outputs[offset] as number;
    const value = outputWidth === 1 ? (index === 0 ? 1 - single : single) : (outputs[offset + index] as number);
    if (index === 0 || value > probability) {
      best = index;
      probability = value;
    }
    probabilities.push(value);
  }
  return { place: best, label: classes[best] as string, probability, probabilities };
}

function unscaled(value: number, scaling: Scaling | null): number {
  return scaling ? value * scaling.scale + scaling.offset : value;
}
