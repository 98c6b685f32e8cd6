/** Removes a model with its weights, unless an alias points at it. */
import { notFound, TrainyardError } from "../../domain/errors.ts";
import type { ProjectServices } from "../services.ts";
import { findModel } from "./find-model.ts";

/** Removes the model. Throws not_found, and conflict with the aliases that point at it. */
export async function removeModel(services: ProjectServices, ref: string): Promise<void> {
  const { id, name, version } = await findModel(services, ref);
  const { deleted, aliases } = await services.store.models.delete(id);
  if (aliases.length > 0) {
    const which = aliases.map((alias) => `${name}@${alias}`).join(" and ");
    const points = aliases.length === 1 ? "points" : "point";
    throw new TrainyardError("conflict", `${which} ${points} at version ${version}: move or delete the alias first`);
  }
  if (!deleted) throw notFound("model", ref);
  services.computePool.forget(id);
}
