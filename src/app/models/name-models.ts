/** Names models: sets aliases, which point at a version of a name, and tags. */
import { notFound } from "../../domain/errors.ts";
import type { TagChanges } from "../../domain/labels.ts";
import type { ProjectServices } from "../services.ts";
import { findModel, noModel } from "./find-model.ts";
import { type ModelView, viewModel } from "./read-models.ts";

/** Points a new or existing alias at a version, and returns that version. Throws not_found for an unknown version. */
export async function setAlias(services: ProjectServices, name: string, alias: string, version: number): Promise<ModelView> {
  const model = await services.store.models.setAlias(name, alias, version);
  if (!model) throw await noModel(services, `${name}@${version}`);
  return viewModel(services, model);
}

/** Removes an alias; the version that it pointed at stays. Throws not_found. */
export async function deleteAlias({ store }: ProjectServices, name: string, alias: string): Promise<void> {
  if (!(await store.models.deleteAlias(name, alias))) throw notFound("alias", `${name}@${alias}`);
}

/** Sets the given tags, removes those that are null, and leaves the others unchanged. Throws not_found. */
export async function tagModel(services: ProjectServices, ref: string, changes: TagChanges): Promise<ModelView> {
  const { id } = await findModel(services, ref);
  const model = await services.store.models.tag(id, changes);
  if (!model) throw notFound("model", ref);
  return viewModel(services, model);
}
