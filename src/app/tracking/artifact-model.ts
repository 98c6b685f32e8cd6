/** Finds the model whose files are the artifacts of a run or of a logged model. */
import { notFound } from "../../domain/errors.ts";
import { ID_PREFIXES } from "../../domain/id.ts";
import type { Model } from "../../domain/models/model.ts";
import { findModel } from "../models/find-model.ts";
import { getRun, type TrackingServices } from "./find-runs.ts";

/** Returns the model of a job, or the model with this id; null for a run without one. Throws not_found for an unknown id. */
export async function artifactModel(services: TrackingServices, id: string): Promise<Model | null> {
  if (id.startsWith(ID_PREFIXES.model)) return findModel(services, id);
  if (id.startsWith(ID_PREFIXES.loggedModel)) {
    if (await services.store.tracking.getModel(id)) return null;
    throw notFound("model", id);
  }
  const run = await getRun(services, id);
  const made = id.startsWith(ID_PREFIXES.job) ? run.links.modelOutputs[0] : undefined;
  return made ? services.store.models.get(made.id) : null;
}
