/** Cancel: a queued or paused job ends at once, a running one as soon as its thread has seen it. */
import { notFound, TrainyardError } from "../domain/errors.ts";
import { isTerminal, type Job, type JobState, type Transition } from "../domain/job.ts";
import type { ProjectServices } from "./services.ts";

/** What cancelling means from each state that it is possible in. */
const STEPS: readonly { readonly from: JobState; readonly to: JobState; readonly reason: string }[] = [
  { from: "queued", to: "cancelled", reason: "cancelled before it ran" },
  { from: "paused", to: "cancelled", reason: "cancelled while it was paused" },
  { from: "running", to: "cancelling", reason: "cancel was requested" },
  { from: "pausing", to: "cancelling", reason: "cancel was requested while it paused" },
];

/** A job moves between two looks at it only so often: it is claimed, and put back by a restart. */
const MAX_ROUNDS = 5;

/**
 * Cancels a job and returns it, `cancelled` or `cancelling`. A job that is cancelling already is left as it is. Throws
 * not_found, and conflict for a job that has ended.
 */
export async function cancel({ store, bus }: ProjectServices, id: string): Promise<Job> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    for (const { from, to: state, reason } of STEPS) {
      const to: Transition = { state, at: Date.now(), reason };
      const moved = await store.transition(id, { from: [from], to });
      if (!moved) continue;
      bus.publish(id);
      return moved;
    }
    const job = await store.getJob(id);
    if (!job) throw notFound("job", id);
    if (job.state === "cancelling") return job;
    if (isTerminal(job.state)) throw new TrainyardError("conflict", `the job is ${job.state}: there is nothing to cancel`);
  }
  throw new TrainyardError("unavailable", "the job keeps changing its state; try again");
}
