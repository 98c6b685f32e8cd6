/** Moves a job out of its current state while workers may change it concurrently. Shared by pause and cancel. */
import { TrainyardError } from "../../domain/errors.ts";
import type { JobState, Transition } from "../../domain/jobs/job.ts";
import type { ProjectServices } from "../services.ts";
import { findJob, type JobView, viewOf } from "./job-view.ts";
import { notifyAndView } from "./notify-changed.ts";

export interface Interruption {
  /** The transition from each state in which the interruption is possible. */
  readonly steps: readonly { readonly from: JobState; readonly to: JobState; readonly reason: string }[];
  /** The state of a job that was already asked to do this and has not finished yet: it is left unchanged. */
  readonly underWay: JobState;
  /** The end of the error message for a job in any other state. */
  readonly refusal: string;
}

/** Attempts before giving up. A job rarely changes between two reads: when it is claimed, or requeued by a restart. */
const MAX_ROUNDS = 5;

/**
 * Returns the job after the transition. Throws not_found, conflict in a state that has no step, and unavailable when the job
 * keeps changing.
 */
export async function interrupt(services: ProjectServices, id: string, interruption: Interruption): Promise<JobView> {
  const { steps, underWay, refusal } = interruption;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    for (const { from, to: state, reason } of steps) {
      const to: Transition = { state, at: Date.now(), reason };
      const moved = await services.store.jobs.transition(id, { from: [from], to });
      if (moved) return notifyAndView(services, moved);
    }
    const job = await findJob(services, id);
    if (job.state === underWay) return viewOf(services, job);
    if (steps.every(({ from }) => from !== job.state)) {
      throw new TrainyardError("conflict", `the job is ${job.state}: ${refusal}`);
    }
  }
  throw new TrainyardError("unavailable", "the state of the job keeps changing; try again");
}
