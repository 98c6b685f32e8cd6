/** Imports a model from a safetensors file of weights. */
import { invalid, TrainyardError } from "../../domain/errors.ts";
import { createId } from "../../domain/id.ts";
import { freeMemory } from "../../domain/memory/free-memory.ts";
import type { Model } from "../../domain/models/model.ts";
import { isModelName, modelNameOf } from "../../domain/models/registry.ts";
import type { ProjectServices } from "../services.ts";

export interface ImportOptions {
  /** The model becomes the next version of this name. Default: the name in the file, or "imported". */
  readonly name?: string | undefined;
  /** JSON as in domain/models/architecture.ts. Default: the architecture in the file. */
  readonly architecture?: string | undefined;
  /** The id for the model, if it is known already. An existing model with this id is returned instead of a new one. */
  readonly id?: string | undefined;
}

/**
 * Stores the model of a safetensors file. The caller must not use the file afterwards: it is transferred to a thread. Throws
 * malformed, or invalid with every wrong field of the architecture and every wrong tensor.
 */
export async function importModel(
  { store, computePool, limits }: ProjectServices,
  file: Uint8Array<ArrayBuffer>,
  { name, architecture, id }: ImportOptions,
): Promise<Model> {
  const known = id === undefined ? null : await store.models.get(id);
  if (known) return known;
  if (name !== undefined && !isModelName(name))
    throw invalid([
      { pointer: "/name", detail: "must have only letters, digits, dots, underscores and hyphens, at most 200 characters" },
    ]);
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
  try {
    return await store.models.insert({ ...reading.model, ...identity }, reading.weights, limits.project);
  } finally {
    freeMemory(reading.weights.data);
  }
}
