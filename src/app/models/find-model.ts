/** Finds a model by any kind of reference, and reads its weights. */
import { notFound, TrainyardError } from "../../domain/errors.ts";
import { ID_PREFIXES } from "../../domain/id.ts";
import type { Model } from "../../domain/models/model.ts";
import { isCheckpointId, isModelName, parseModelRef } from "../../domain/models/registry.ts";
import type { TensorSet } from "../../domain/tensor.ts";
import type { ProjectServices } from "../services.ts";

/** Returns the model of `mdl_...`, `name` (its newest version), `name@version` or `name@alias`. Throws not_found. */
export async function findModel({ store }: Pick<ProjectServices, "store">, ref: string): Promise<Model> {
  const parsed = parseModelRef(ref);
  const model = parsed && (await store.models.find(parsed));
  if (!model) throw await noModel({ store }, ref);
  return model;
}

const JOB_ID = new RegExp(`^${ID_PREFIXES.job}[0-9a-f-]{36}$`);

/** Number of newest models whose names are compared with a mistyped one. */
const COMPARED_MODELS = 50;

/** Creates the error of a reference to a model that does not exist. Names the newest version of the name, or the name that was probably meant. */
export async function noModel({ store }: Pick<ProjectServices, "store">, ref: string): Promise<TrainyardError> {
  if (JOB_ID.test(ref)) {
    const words = `GET /v1/jobs/${ref} has the id of its model, and /v1/jobs/${ref}/checkpoints lists the checkpoints of a job that is training`;
    const detail = `there is no model ${ref}: a job is not a model: ${words}`;
    return new TrainyardError("not_found", detail, [], { code: "show_job", words, of: ref });
  }
  if (isCheckpointId(ref)) return notFound("checkpoint", ref);
  const [name = ""] = ref.split("@");
  // What cannot be a name is not looked up: PostgreSQL refuses texts with a NUL.
  const newest = isModelName(name) ? (await store.models.list({ after: undefined, limit: 1 }, { name })).data[0] : undefined;
  if (newest) {
    const words = `GET /v1/models/${name}/versions lists them all`;
    const detail = `there is no model ${ref}: the newest version of ${name} is ${newest.version}, and ${words}`;
    return new TrainyardError("not_found", detail, [], { code: "list_versions", words, of: name });
  }
  const { data } = await store.models.list({ after: undefined, limit: COMPARED_MODELS });
  return notFound("model", ref, { name, names: [...new Set(data.map((model) => model.name))] });
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
