/** Predicts rows with a model whose network is compiled for small and large blocks of rows. */

import { chooseClass } from "../../domain/models/decision.ts";
import type { Model, Prediction } from "../../domain/models/model.ts";
import { createRemarkCollector } from "../../domain/models/remarks.ts";
import { createTally, type Tally } from "../../domain/monitoring/tally.ts";
import type { PredictionResult } from "../../domain/ports.ts";
import { valuePlace } from "../../domain/quantiles.ts";
import type { TensorSet } from "../../domain/tensor.ts";
import { answerNumbers } from "./answer-numbers.ts";
import { BLOCK, createInference, type Inference, SMALL_BLOCK } from "./inference.ts";
import { createRowReader, readInstances } from "./instances.ts";

export interface Predictor {
  readonly memoryBytes: number;
  /** The compiled network, for callers with many rows. Rows written to its tables are lost at the next prediction. */
  readonly inference: Inference;
  /** The counts of rows and answers; null for a model that is not monitored. */
  readonly tally: Tally | null;
  /** Returns a prediction per row (an array, or an object by column), or the errors of rows. Pointers start at /instances. */
  predict(instances: readonly unknown[]): PredictionResult;
}

/** Compiles a model's network. Single rows and blocks use the same arithmetic. */
export function createPredictor(model: Model, weights: TensorSet): Predictor {
  const inference = createInference(model, weights, [SMALL_BLOCK, BLOCK]);
  const collector = createRemarkCollector();
  const tally = createTally(model);
  const read = createRowReader(
    model,
    (column, offset, raw) => collector.add(column, offset / model.inputWidth, raw),
    tally?.seen ?? null,
  );
  return {
    memoryBytes: inference.memoryBytes,
    inference,
    tally,
    predict(instances) {
      const { inputWidth, outputWidth } = model;
      const rows = instances.length;
      const isSmall = rows <= SMALL_BLOCK;
      const features = isSmall ? inference.small.x : new Float32Array(rows * inputWidth);
      const errors = readInstances(read, instances, inputWidth, features);
      const remarks = collector.take();
      if (errors.length > 0) {
        tally?.discard();
        return { ok: false, errors };
      }
      if (isSmall) inference.small.run();
      const outputs = isSmall ? inference.small.y : inference.outputs(features, rows);
      const predictions: Prediction[] = [];
      for (let row = 0; row < rows; row++) predictions.push(predictionOf(model, outputs, row * outputWidth));
      if (tally) {
        tally.commit(rows);
        for (const prediction of predictions) countAnswer(tally, prediction);
      }
      return { ok: true, predictions, remarks };
    },
  };
}

function countAnswer(tally: Tally, prediction: Prediction): void {
  if ("place" in prediction) tally.answer(0, prediction.place);
  else if (typeof prediction.value === "number") tally.answer(0, prediction.value);
  else
    for (let target = 0; target < prediction.value.length; target++) tally.answer(target, prediction.value[target] as number);
}

/** Returns the prediction for the outputs at `offset`. */
function predictionOf(model: Model, outputs: Float32Array, offset: number): Prediction {
  const { task, classes, outputWidth, threshold, quantiles } = model;
  const numbers = answerNumbers(model, outputs, offset);
  if (task === "regression") {
    if (quantiles) return { value: numbers[valuePlace(quantiles)] as number, quantiles: numbers };
    return { value: numbers.length === 1 ? (numbers[0] as number) : numbers };
  }
  const place = chooseClass(outputs, offset, outputWidth, threshold);
  return { place, label: classes[place] as string, probability: numbers[place] as number, probabilities: numbers };
}
