/** The actions on a job in each state, and one action on many jobs: a few requests at a time, one message at the end. */
import type { Job } from "../../client/answers.ts";
import type { JobState } from "../../domain/jobs/job.ts";
import type { JobBoard } from "../live/board.ts";
import type { Api } from "../shell/api.ts";
import type { Toasts } from "../ui/toasts.tsx";

/** An action on a job, by the name of the client's method. */
export type JobAction = "cancel" | "pause" | "resume" | "remove";

/** The states in which an action is offered; the server has the last word. */
const STATES: Readonly<Record<JobAction, readonly JobState[]>> = {
  cancel: ["queued", "running", "pausing", "paused"],
  pause: ["queued", "running"],
  resume: ["paused"],
  remove: ["succeeded", "failed", "cancelled"],
};

const DONE: Readonly<Record<JobAction, string>> = {
  cancel: "Cancelled",
  pause: "Paused",
  resume: "Resumed",
  remove: "Deleted",
};

/** Maximum running requests. */
const CONCURRENCY = 6;

/** Whether an action is offered for a job as it is. */
export const canDo = (action: JobAction, job: Pick<Job, "state">): boolean => STATES[action].includes(job.state);

/** Performs an action on each of these jobs, and says once how it went. Resolves when all requests are answered; never rejects. */
export async function changeJobs(
  action: JobAction,
  ids: readonly string[],
  { api, board, toasts }: { readonly api: Api; readonly board: JobBoard; readonly toasts: Toasts },
): Promise<void> {
  const left = [...ids];
  let done = 0;
  let lastError: unknown = null;
  const changeNext = async (): Promise<void> => {
    for (let id = left.shift(); id !== undefined; id = left.shift()) {
      try {
        await changeJob(action, id, { api, board });
        done++;
      } catch (error) {
        lastError = error;
      }
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, changeNext));
  if (done > 0) toasts.say(`${DONE[action]} ${done === 1 ? "the job" : `${done} jobs`}.`);
  if (lastError) toasts.fail(lastError);
}

/** Performs an action on one job and tells the board. Rejects as the API does. */
export async function changeJob(
  action: JobAction,
  id: string,
  { api, board }: { readonly api: Api; readonly board: JobBoard },
): Promise<void> {
  if (action === "remove") {
    await api.remove(id);
    board.drop(id);
  } else board.put(await api[action](id));
}
