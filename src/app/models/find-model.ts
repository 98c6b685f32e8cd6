/** Finds a model by any kind of reference, and reads its weights. */
import { notFound } from "../../domain/errors.ts";
import type { Model } from "../../domain/models/model.ts";
import { parseModelRef } from "../../domain/models/registry.ts";
import type { TensorSet } from "../../domain/tensor.ts";
import type { ProjectServices } from "../services.ts";

/** Returns the model of `mdl_...`, `name` (its newest version), `name@version` or `name@alias`. Throws not_found. */
export async function findModel({ store }: Pick<ProjectServices, "store">, ref: string): Promise<Model> {
  const parsed = parseModelRef(ref);
  const model = parsed && (await store.models.find(parsed));
  if (!model) throw notFound("model", ref);
  return model;
}

/** Returns the same model without a promise if it is cached; else null. */
export function knownModel({ store }: Pick<ProjectServices, "store">, ref: string): Model | null {
  return store.models.known(ref);
}

/** Reads the weights of a model that was found. Throws not_found when it was deleted in the meantime. */
export async function readWeights({ store }: Pick<ProjectServices, "store">, modelId: string): Promise<TensorSet> {
  const weights = await store.models.readWeights(modelId);
  if (!weights) throw notFound("model", modelId);
  return weights;
}
