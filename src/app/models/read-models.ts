/** Reads models: lists, the versions of a name, and one model with its evaluation. */
import type { Evaluation } from "../../domain/models/evaluation.ts";
import type { Model } from "../../domain/models/model.ts";
import type { ModelFilter } from "../../domain/models/model-store.ts";
import type { Page, PageRequest } from "../../domain/page.ts";
import type { ProjectServices } from "../services.ts";
import { findModel, noModel } from "./find-model.ts";

/** A model as its readers see it. */
export interface ModelView {
  readonly model: Model;
  /** Null for a model that was not trained here. */
  readonly evaluation: Evaluation | null;
}

/** Lists the models of a project, newest first. */
export function listModels({ store }: ProjectServices, page: PageRequest, filter: ModelFilter = {}): Promise<Page<Model>> {
  return store.models.list(page, filter);
}

/** Lists the versions of a name, newest first. Throws not_found for a name that has none. */
export async function listVersions({ store }: ProjectServices, name: string, page: PageRequest): Promise<Page<Model>> {
  const versions = await store.models.list(page, { name });
  if (versions.data.length === 0 && page.after === undefined) throw await noModel({ store }, name);
  return versions;
}

/** Returns the view of the model that a reference names. Throws not_found. */
export async function readModel(services: ProjectServices, ref: string): Promise<ModelView> {
  return viewModel(services, await findModel(services, ref));
}

/** Returns the view of a model that was just read or written. */
export async function viewModel({ store }: ProjectServices, model: Model): Promise<ModelView> {
  return { model, evaluation: await store.models.readEvaluation(model.id) };
}
