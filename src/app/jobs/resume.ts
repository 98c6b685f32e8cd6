/** Resume: a paused job goes back into the queue, and on from its last checkpoint. */
import { notFound, TrainyardError } from "../../domain/errors.ts";
import type { Job } from "../../domain/jobs/job.ts";
import type { ProjectServices } from "../services.ts";
import { placeOf } from "./job-outcome.ts";

/** Returns the job, `queued`. Throws not_found, and conflict for a job that is not paused. */
export async function resume(services: ProjectServices, id: string): Promise<Job> {
  const { store, bus, queue } = services;
  const reason = `resumed; it goes on from ${await placeOf(services, id)}`;
  const moved = await store.transition(id, { from: ["paused"], to: { state: "queued", at: Date.now(), reason }, anew: true });
  if (moved) {
    bus.publish(id);
    await queue.enqueue(id);
    return moved;
  }
  const job = await store.getJob(id);
  if (!job) throw notFound("job", id);
  const cure = job.state === "pausing" ? "wait until it is paused" : "only a paused one can be resumed";
  throw new TrainyardError("conflict", `the job is ${job.state}: ${cure}`);
}
