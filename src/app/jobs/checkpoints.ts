/** Checkpoints of a job: which there are, and away with one. */

import { notFound } from "../../domain/errors.ts";
import type { Checkpoint } from "../../domain/jobs/checkpoint.ts";
import type { Page, PageRequest } from "../../domain/page.ts";
import type { ProjectServices } from "../services.ts";

/** Newest first. Throws not_found. */
export async function listCheckpoints({ store }: ProjectServices, jobId: string, page: PageRequest): Promise<Page<Checkpoint>> {
  if (!(await store.jobs.get(jobId))) throw notFound("job", jobId);
  return store.checkpoints.list(jobId, page);
}

/** Throws not_found. A job that has lost its last one goes on from the one before, or from the start: to the same weights. */
export async function removeCheckpoint({ store, computePool }: ProjectServices, id: string): Promise<void> {
  if (!(await store.checkpoints.delete(id))) throw notFound("checkpoint", id);
  computePool.forget(id);
}
