/** Predict: rows to predictions of a model. */
import { invalid, notFound, TrainyardError } from "../../domain/errors.ts";
import type { Limits } from "../../domain/limits.ts";
import type { Model, Prediction } from "../../domain/models/model.ts";
import type { ProjectStore } from "../../domain/ports.ts";
import type { TensorSet } from "../../domain/tensor.ts";
import type { ProjectServices } from "../services.ts";
import { findModel } from "./find-model.ts";

/** A prediction a row. Throws not_found, too_large, or invalid with the rows and values that are wrong. */
export async function predict(
  services: ProjectServices,
  ref: string,
  instances: readonly unknown[],
): Promise<readonly Prediction[]> {
  checkRows(services.limits, instances);
  return predictRows(services, await findModel(services, ref), instances);
}

/** The same for a model that was found: what its answer is made of must not change in between. */
export async function predictRows(
  { store, computePool, limits }: ProjectServices,
  model: Model,
  instances: readonly unknown[],
): Promise<readonly Prediction[]> {
  checkRows(limits, instances);
  const result = await computePool.predict(model, instances, () => weightsOf(store, model.id));
  if (!result.ok) throw invalid(result.errors);
  return result.predictions;
}

/**
 * The same at once, for a few rows of a model that was used a moment ago: a small prediction costs less than the promises on
 * its way. Null where it is not at hand.
 */
export function predictRowsNow(
  { computePool, limits }: ProjectServices,
  model: Model,
  instances: readonly unknown[],
): readonly Prediction[] | null {
  checkRows(limits, instances);
  const result = computePool.predictNow(model, instances);
  if (result && !result.ok) throw invalid(result.errors);
  return result?.predictions ?? null;
}

/** A large JSON body, parsed and answered in a thread: the JSON of the answer. Takes the body over. Throws as `predictRows`, and malformed. */
export async function predictDocument(
  { store, computePool }: ProjectServices,
  model: Model,
  body: Uint8Array<ArrayBuffer>,
  topK: number | null,
): Promise<Uint8Array> {
  const reply = await computePool.predictDocument(model, body, topK, () => weightsOf(store, model.id));
  if (reply.ok) return reply.bytes;
  if (reply.code === "invalid") throw invalid(reply.errors);
  throw new TrainyardError(reply.code, reply.errors[0]?.detail ?? "", reply.errors);
}

function checkRows(limits: Limits, instances: readonly unknown[]): void {
  if (instances.length === 0) throw invalid([{ pointer: "/instances", detail: "must have at least one row" }]);
  if (instances.length > limits.predictRows) {
    const detail = `${instances.length} rows are more than the limit of ${limits.predictRows} (TRAINYARD_MAX_PREDICT_ROWS)`;
    throw new TrainyardError("too_large", detail, [{ pointer: "/instances", detail }]);
  }
}

/** Throws not_found when the model was deleted in the meantime. */
export async function weightsOf(store: ProjectStore, modelId: string): Promise<TensorSet> {
  const weights = await store.readWeights(modelId);
  if (!weights) throw notFound("model", modelId);
  return weights;
}

/** Throws invalid for a model without classes. */
export function checkTopK({ task, name }: Model): void {
  if (task !== "regression") return;
  throw invalid([{ pointer: "/top_k", detail: `is for classes, and ${name} is a regression` }]);
}
