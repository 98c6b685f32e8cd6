/** One verb on many jobs: a few requests at a time, and one sentence about what came of it. */
import type { Job } from "../../../client/answers.ts";
import type { JobState } from "../../../domain/jobs/job.ts";
import type { JobBoard } from "../../live/board.ts";
import type { Api, JobVerb } from "../../shell/api.ts";
import type { Toasts } from "../../ui/toasts.tsx";

export type BulkVerb = JobVerb | "delete";

/** In which states a verb can be used; the server has the last word. */
const STATES: Readonly<Record<BulkVerb, readonly JobState[]>> = {
  cancel: ["queued", "running", "pausing", "paused"],
  pause: ["queued", "running"],
  resume: ["paused"],
  delete: ["succeeded", "failed", "cancelled"],
};

const DONE: Readonly<Record<BulkVerb, string>> = {
  cancel: "Cancelled",
  pause: "Paused",
  resume: "Resumed",
  delete: "Deleted",
};

const REQUESTS = 6;

/** Whether a verb can be used on a job as it is. */
export const canDo = (verb: BulkVerb, job: Pick<Job, "state">): boolean => STATES[verb].includes(job.state);

/** Does it to each of them. Settles when all are answered; never rejects. */
export async function changeJobs(
  verb: BulkVerb,
  ids: readonly string[],
  { api, board, toasts }: { readonly api: Api; readonly board: JobBoard; readonly toasts: Toasts },
): Promise<void> {
  const left = [...ids];
  let done = 0;
  let fault: unknown = null;
  const work = async (): Promise<void> => {
    for (let id = left.shift(); id !== undefined; id = left.shift()) {
      try {
        if (verb === "delete") {
          await api.removeJob(id);
          board.drop(id);
        } else board.put(await api.changeJob(id, verb));
        done++;
      } catch (error) {
        fault = error;
      }
    }
  };
  await Promise.all(Array.from({ length: REQUESTS }, work));
  if (done > 0) toasts.say(`${DONE[verb]} ${done === 1 ? "the job" : `${done} jobs`}.`);
  if (fault) toasts.fail(fault);
}
