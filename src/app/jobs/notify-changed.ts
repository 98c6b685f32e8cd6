/** Notifies readers and the queue that a job has changed. Every change of state goes through this file. */
import type { Job } from "../../domain/jobs/job.ts";
import type { ProjectServices } from "../services.ts";
import { type JobView, viewOf } from "./job-view.ts";

type Notified = Pick<ProjectServices, "bus" | "queue">;

/**
 * Notifies the readers of a job that it has changed, and the queue if the job is queued. Call it after the change was stored.
 * Notifying twice does no harm: both read the stored state.
 */
export async function notifyChanged({ bus, queue }: Notified, job: Job): Promise<void> {
  bus.publish(job.id, job.lastSeq);
  if (job.state === "queued") await queue.enqueue(job.id);
}

/** Does the same, and returns the view of the job at that moment. */
export async function notifyAndView(services: Notified, job: Job): Promise<JobView> {
  // The view first: it reads the position in the queue before a worker is woken, which may claim the job.
  const [view] = await Promise.all([viewOf(services, job), notifyChanged(services, job)]);
  return view;
}
