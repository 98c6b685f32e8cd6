/** Pause: a queued job waits apart, a running one writes a checkpoint and gives its worker free. */
import { notFound, TrainyardError } from "../domain/errors.ts";
import type { Job, JobState, Transition } from "../domain/job.ts";
import type { ProjectServices } from "./services.ts";

/** What pausing means from each state that it is possible in. */
const STEPS: readonly { readonly from: JobState; readonly to: JobState; readonly reason: string }[] = [
  { from: "queued", to: "paused", reason: "paused while it was queued" },
  { from: "running", to: "pausing", reason: "pause was requested" },
];

/** A job moves between two looks at it only so often: it is claimed, and put back by a restart. */
const MAX_ROUNDS = 5;

/**
 * Pauses a job and returns it, `paused` or `pausing`. A job that is pausing already is left as it is. Throws not_found, and
 * conflict for a job in any other state.
 */
export async function pause({ store, bus }: ProjectServices, id: string): Promise<Job> {
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
    if (job.state === "pausing") return job;
    if (STEPS.every(({ from }) => from !== job.state)) {
      throw new TrainyardError("conflict", `the job is ${job.state}: only a queued or running one can be paused`);
    }
  }
  throw new TrainyardError("unavailable", "the job keeps changing its state; try again");
}
