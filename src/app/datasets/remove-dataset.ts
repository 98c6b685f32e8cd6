/** Removes a data set, unless an unfinished job trains on it. */
import { notFound, TrainyardError } from "../../domain/errors.ts";
import { ID_PREFIXES } from "../../domain/id.ts";
import type { ProjectServices } from "../services.ts";

/** Removes the data set. Throws not_found, and conflict while a job uses it. */
export async function removeDataset({ store }: ProjectServices, id: string): Promise<void> {
  const { deleted, usedBy } = await store.datasets.delete(id);
  if (usedBy !== null)
    throw new TrainyardError(
      "conflict",
      `the ${usedBy.startsWith(ID_PREFIXES.sweep) ? "sweep" : "job"} ${usedBy} uses it: cancel it, or wait until it has ended`,
    );
  if (!deleted) throw notFound("data set", id);
}
