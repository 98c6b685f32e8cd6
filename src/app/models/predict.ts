/** Predicts parsed rows, with or without a promise. Streams are in predict-stream.ts. */
import { invalid } from "../../domain/errors.ts";
import { type AnswerOptions, answerAsAsked } from "../../domain/models/answer-options.ts";
import type { Model } from "../../domain/models/model.ts";
import { assertPredictable } from "../../domain/models/prediction.ts";
import type { PredictionResult } from "../../domain/ports.ts";
import type { ProjectServices } from "../services.ts";
import { readWeights } from "./find-model.ts";

/** Rows to predict, each an array of values in the order of the model's columns, or an object by column. */
export interface AskedRows extends Partial<AnswerOptions> {
  readonly instances: readonly unknown[];
}

/** Predictions, and notes on odd rows. */
export type Predicted = Extract<PredictionResult, { ok: true }>;

/**
 * Returns a prediction for each row. Takes the model itself, not a reference, because an alias may move before the answer is
 * encoded. Throws too_large, invalid with the rows and values that are wrong, and not_found when the model was deleted in the
 * meantime.
 */
export async function predictRows(services: ProjectServices, model: Model, asked: AskedRows): Promise<Predicted> {
  assertAllowed(services, model, asked);
  const result = await services.computePool.predict.rows(model, asked.instances, () => readWeights(services, model.id));
  if (!result.ok) throw invalid(result.errors);
  return answerAsAsked(result, model, asked);
}

/**
 * Does the same without a promise, for a few rows of a model that was used a moment ago: a small prediction costs less than
 * the promises around it. Returns null when the rows must go through `predictRows`.
 */
export function predictNow(services: ProjectServices, model: Model, asked: AskedRows): Predicted | null {
  assertAllowed(services, model, asked);
  const result = services.computePool.predict.now(model, asked.instances);
  if (!result) return null;
  if (!result.ok) throw invalid(result.errors);
  return answerAsAsked(result, model, asked);
}

function assertAllowed({ limits }: ProjectServices, model: Model, { instances, topK = null, ...asked }: AskedRows): void {
  assertPredictable(model, { rows: instances.length, topK, ...asked }, limits.predictRows);
}
