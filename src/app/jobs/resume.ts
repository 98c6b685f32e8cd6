/** Resumes a job: requeues a paused job, which then continues from its last checkpoint. */
import { TrainyardError } from "../../domain/errors.ts";
import type { ProjectServices } from "../services.ts";
import { resumePointOf } from "./job-outcome.ts";
import { findJob, type JobView } from "./job-view.ts";
import { notifyAndView } from "./notify-changed.ts";

/** Returns the job, `queued`. Throws not_found, and conflict for a job that is not paused. */
export async function resume(services: ProjectServices, id: string): Promise<JobView> {
  const reason = `resumed from ${await resumePointOf(services, id)}`;
  const moved = await services.store.jobs.transition(id, {
    from: ["paused"],
    to: { state: "queued", at: Date.now(), reason },
    anew: true,
  });
  if (moved) return notifyAndView(services, moved);
  const { state } = await findJob(services, id);
  const cure = state === "pausing" ? "wait until it is paused" : "only a paused job can be resumed";
  throw new TrainyardError("conflict", `the job is ${state}: ${cure}`);
}
