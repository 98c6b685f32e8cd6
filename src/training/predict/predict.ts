/** Predicts rows with a model whose network is compiled for small and large blocks of rows. */

import { choosePlace } from "../../domain/models/decision.ts";
import type { Model, Prediction } from "../../domain/models/model.ts";
import { createRemarkCollector } from "../../domain/models/remarks.ts";
import type { PredictionResult } from "../../domain/ports.ts";
import { valuePlace } from "../../domain/quantiles.ts";
import type { TensorSet } from "../../domain/tensor.ts";
import { answerNumbers } from "./answer-numbers.ts";
import { BLOCK, createInference, type Inference, SMALL_BLOCK } from "./inference.ts";
import { createRowReader, readInstances } from "./instances.ts";

export interface Predictor {
  readonly memoryBytes: number;
  /** The compiled network, for what asks many questions of it. Rows that are written to its tables are gone at the next prediction. */
  readonly inference: Inference;
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
    inference,
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
  const { task, classes, outputWidth, threshold, quantiles } = model;
  const numbers = answerNumbers(model, outputs, offset);
  if (task === "regression") {
    if (quantiles) return { value: numbers[valuePlace(quantiles)] as number, quantiles: numbers };
    return { value: numbers.length === 1 ? (numbers[0] as number) : numbers };
  }
  const place = choosePlace(outputs, offset, outputWidth, threshold);
  return { place, label: classes[place] as string, probability: numbers[place] as number, probabilities: numbers };
}
