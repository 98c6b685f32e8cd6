/** Changes the tags and the note of a job. */
import { notFound } from "../../domain/errors.ts";
import type { LabelChanges } from "../../domain/labels.ts";
import type { ProjectServices } from "../services.ts";
import { type JobView, viewOf } from "./job-view.ts";

/** Sets the given tags and the note, removes those that are null, and leaves the others, in whatever state the job is. Throws not_found. */
export async function labelJob(services: ProjectServices, id: string, changes: LabelChanges): Promise<JobView> {
  const job = await services.store.jobs.label(id, changes);
  if (!job) throw notFound("job", id);
  return viewOf(services, job);
}
