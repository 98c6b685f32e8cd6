/** Notify: the one way to tell that a job has come to another state, the queue included. */
import type { Job } from "../../domain/jobs/job.ts";
import type { ProjectServices } from "../services.ts";
import { type JobView, viewOf } from "./job-view.ts";

type Notified = Pick<ProjectServices, "bus" | "queue">;

/**
 * Tells the readers of a job that it has changed, and the queue that it waits, if it does. Call it after the change was stored.
 * Telling once more does no harm: both look at what is stored.
 */
export async function notifyChanged({ bus, queue }: Notified, job: Job): Promise<void> {
  bus.publish(job.id, job.lastSeq);
  if (job.state === "queued") await queue.enqueue(job.id);
}

/** The same, and returns the job as its readers see it at that moment. */
export async function notifyAndView(services: Notified, job: Job): Promise<JobView> {
  // The view first: its place in the queue is asked for before a worker is woken, who may take the job.
  const [view] = await Promise.all([viewOf(services, job), notifyChanged(services, job)]);
  return view;
}
