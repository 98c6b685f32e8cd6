/** Removes a job that has ended, with its events, metrics and rows. Its model stays. */
import { notFound, TrainyardError } from "../../domain/errors.ts";
import type { ProjectServices } from "../services.ts";

/** Removes the job. Throws not_found, and conflict for a job that has not ended. */
export async function remove({ store, bus }: ProjectServices, id: string): Promise<void> {
  const job = await store.jobs.get(id);
  if (job && (await store.jobs.delete(id))) return bus.publishRemoved(id, job.project);
  const now = await store.jobs.get(id);
  if (!now) throw notFound("job", id);
  throw new TrainyardError("conflict", `the job is ${now.state}: cancel it before deleting it`);
}
