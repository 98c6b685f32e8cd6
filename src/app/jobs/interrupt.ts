/** What pause and cancel have in common: a job leaves the state that it is in, whatever happens to it meanwhile. */
import { TrainyardError } from "../../domain/errors.ts";
import type { JobState, Transition } from "../../domain/jobs/job.ts";
import type { ProjectServices } from "../services.ts";
import { findJob, type JobView, viewOf } from "./job-view.ts";
import { notifyAndView } from "./notify-changed.ts";

export interface Interruption {
  /** What it means from each state that it is possible in. */
  readonly steps: readonly { readonly from: JobState; readonly to: JobState; readonly reason: string }[];
  /** The state of a job that was asked to before and has not got there yet: it is left as it is. */
  readonly underWay: JobState;
  /** What there is to say of a job in a state that it is not possible in. */
  readonly refusal: string;
}

/** A job moves between two looks at it only so often: it is claimed, and put back by a restart. */
const MAX_ROUNDS = 5;

/** Returns the job as it then is. Throws not_found, and conflict in a state that has no step. */
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
  throw new TrainyardError("unavailable", "the job keeps changing its state; try again");
}
