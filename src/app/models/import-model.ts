/** Import model: a file of weights becomes a model, beside those that were trained here. */
import { invalid, TrainyardError } from "../../domain/errors.ts";
import { createId } from "../../domain/id.ts";
import type { Model } from "../../domain/models/model.ts";
import { isModelName, modelNameOf } from "../../domain/models/registry.ts";
import type { ProjectServices } from "../services.ts";

export interface ImportOptions {
  /** The next version of this name; the file's own name, or "imported", when it is left out. */
  readonly name?: string | undefined;
  /** JSON of domain/models/architecture.ts; the file's own when it is left out. */
  readonly architecture?: string | undefined;
  /** The model's id, where it is known before: a model that has it already is given back. */
  readonly id?: string | undefined;
}

/**
 * Stores the model of a safetensors file. Takes the file over. Throws malformed, or invalid with every field of the
 * architecture and every tensor that is wrong.
 */
export async function importModel(
  { store, computePool, limits }: ProjectServices,
  file: Uint8Array<ArrayBuffer>,
  { name, architecture, id }: ImportOptions,
): Promise<Model> {
  const known = id === undefined ? null : await store.models.get(id);
  if (known) return known;
  if (name !== undefined && !isModelName(name))
    throw invalid([{ pointer: "/name", detail: "must have letters, digits, dots, underscores and hyphens, 200 at most" }]);
  const reading = await computePool.readModelFile(file, architecture);
  if (!reading.ok) {
    if (reading.detail === "") throw invalid(reading.errors);
    throw new TrainyardError(reading.code, reading.detail, reading.errors);
  }
  const own = modelNameOf(reading.name ?? "");
  const identity = {
    id: id ?? createId("model"),
    name: name ?? (isModelName(own) ? own : "imported"),
    jobId: null,
    metrics: { final: {}, best: {} },
    createdAt: Date.now(),
  };
  return store.models.insert({ ...reading.model, ...identity }, reading.weights, limits.project);
}
