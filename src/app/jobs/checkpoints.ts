/** Lists and removes the checkpoints of a job. */

import { notFound } from "../../domain/errors.ts";
import type { Checkpoint } from "../../domain/jobs/checkpoint.ts";
import type { Page, PageRequest } from "../../domain/page.ts";
import type { ProjectServices } from "../services.ts";

/** Lists the checkpoints of a job, newest first. Throws not_found. */
export async function listCheckpoints({ store }: ProjectServices, jobId: string, page: PageRequest): Promise<Page<Checkpoint>> {
  if (!(await store.jobs.get(jobId))) throw notFound("job", jobId);
  return store.checkpoints.list(jobId, page);
}

/**
 * Removes a checkpoint. Throws not_found. A job whose last checkpoint was removed resumes from the one before, or from the
 * start, and ends with the same weights.
 */
export async function removeCheckpoint({ store, computePool }: ProjectServices, id: string): Promise<void> {
  if (!(await store.checkpoints.delete(id))) throw notFound("checkpoint", id);
  computePool.forget(id);
}
