/** Find a model by whatever reference names it, and its weights. */
import { notFound, TrainyardError } from "../../domain/errors.ts";
import type { Model } from "../../domain/models/model.ts";
import { parseModelRef } from "../../domain/models/registry.ts";
import { nearest } from "../../domain/spelling.ts";
import type { TensorSet } from "../../domain/tensor.ts";
import type { ProjectServices } from "../services.ts";

/** The model of `mdl_...`, `name` (its newest version), `name@version` or `name@alias`. Throws not_found. */
export async function findModel({ store }: Pick<ProjectServices, "store">, ref: string): Promise<Model> {
  const parsed = parseModelRef(ref);
  const model = parsed && (await store.models.find(parsed));
  if (!model) throw await noModel({ store }, ref);
  return model;
}

/** Newest models among whose names a mistyped one is looked for. */
const LOOKED_AT = 50;

/** The error of a reference that names no model, with the name that was probably meant. */
export async function noModel({ store }: Pick<ProjectServices, "store">, ref: string): Promise<TrainyardError> {
  const error = notFound("model", ref);
  const [name = ""] = ref.split("@");
  const { data } = await store.models.list({ after: undefined, limit: LOOKED_AT });
  const names = [...new Set(data.map((model) => model.name))];
  const meant = names.includes(name) ? null : nearest(name, names);
  return meant === null ? error : new TrainyardError(error.code, `${error.message}: did you mean ${meant}?`);
}

/** The same model at once, where it was found a moment ago; else null. */
export function knownModel({ store }: Pick<ProjectServices, "store">, ref: string): Model | null {
  return store.models.known(ref);
}

/** The weights of a model that was found. Throws not_found when it was deleted in the meantime. */
export async function readWeights({ store }: Pick<ProjectServices, "store">, modelId: string): Promise<TensorSet> {
  const weights = await store.models.readWeights(modelId);
  if (!weights) throw notFound("model", modelId);
  return weights;
}
