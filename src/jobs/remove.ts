/** Remove: a job that has ended goes, with its events, metrics and rows. Its model stays. */
import { notFound, TrainyardError } from "../domain/errors.ts";
import type { Services } from "./services.ts";

/** Throws not_found, and conflict for a job that has not ended. */
export async function remove({ store, bus }: Services, id: string): Promise<void> {
  if (await store.deleteJob(id)) return bus.publishRemoved(id);
  const job = await store.getJob(id);
  if (!job) throw notFound("job", id);
  throw new TrainyardError("conflict", `the job is ${job.state}: cancel it before deleting it`);
}
