/** Predicts rows with a model whose network is compiled for small and large blocks of rows. */

import { choosePlace } from "../../domain/models/decision.ts";
import type { Model, Prediction } from "../../domain/models/model.ts";
import { createRemarkCollector } from "../../domain/models/remarks.ts";
import type { PredictionResult } from "../../domain/ports.ts";
import { uncrossed, valuePlace } from "../../domain/quantiles.ts";
import type { TensorSet } from "../../domain/tensor.ts";
import { toOwnUnits } from "../data/target-units.ts";
import { BLOCK, createInference, SMALL_BLOCK } from "./inference.ts";
import { createRowReader, readInstances } from "./instances.ts";

export interface Predictor {
  readonly memoryBytes: number;
  /** Returns a prediction per row (an array, or an object by column), or the errors of rows. Pointers start at /instances. */
  predict(instances: readonly unknown[]): PredictionResult;
}

/** Compiles a model's network. Single rows and blocks use the same arithmetic. */
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

/** Returns the prediction for the outputs at `offset`. */
function predictionOf(model: Model, outputs: Float32Array, offset: number): Prediction {
  const { task, classes, preprocessing, outputWidth, threshold, quantiles } = model;
  if (task === "regression") {
    const values: number[] = [];
    if (quantiles) {
      const scaling = preprocessing?.targets[0]?.scaling ?? null;
      for (const output of uncrossed(outputs, offset, outputWidth)) values.push(toOwnUnits(output, scaling));
      return { value: values[valuePlace(quantiles)] as number, quantiles: values };
    }
    for (let column = 0; column < outputWidth; column++) {
      values.push(toOwnUnits(outputs[offset + column] as number, preprocessing?.targets[column]?.scaling ?? null));
    }
    return { value: values.length === 1 ? (values[0] as number) : values };
  }
  const probabilities: number[] = [];
  for (let index = 0; index < classes.length; index++) {
    const single = outputs[offset] as number;
    probabilities.push(outputWidth === 1 ? (index === 0 ? 1 - single : single) : (outputs[offset + index] as number));
  }
  const place = choosePlace(outputs, offset, outputWidth, threshold);
  return { place, label: classes[place] as string, probability: probabilities[place] as number, probabilities };
}
