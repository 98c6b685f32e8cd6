/**
 * Recovers at the start of the server: moves the jobs that a stopped server left running into a state they can resume from, and
 * removes unfinished data.
 */
import type { Job, JobState, Transition } from "../../domain/jobs/job.ts";
import type { Services } from "../services.ts";
import { resumePointOf } from "./job-outcome.ts";

/** The transition from each state that needs a live server. `point`: where the job will resume from, in words. */
const RECOVERY: readonly { readonly from: JobState; readonly to: JobState; readonly reason: (point: string) => string }[] = [
  // Its metrics stay: the next attempt computes the same epochs again and reports those after the last one stored.
  { from: "running", to: "queued", reason: (point) => `the server ended while the job ran; it resumes from ${point}` },
  { from: "pausing", to: "paused", reason: (point) => `the server ended while the job paused; paused at ${point}` },
  { from: "cancelling", to: "cancelled", reason: () => "cancelled on request; the server ended meanwhile" },
];

const PAGE = 200;

/**
 * Recovers jobs and removes unfinished data. Call it before the first claim. Calls `onMoved` for each job that was moved, and
 * returns their number.
 */
export async function recover(
  services: Pick<Services, "store" | "log">,
  onMoved: (job: Job) => Promise<void> = async () => undefined,
): Promise<number> {
  const { store, log } = services;
  let moved = 0;
  for (const { from, to: state, reason } of RECOVERY) {
    // Jobs that have moved are no longer in the list.
    for (let isLast = false; !isLast; ) {
      const { data, hasMore } = await store.jobs.list({ state: from }, { limit: PAGE });
      isLast = !hasMore;
      for (const { id } of data) {
        const to: Transition = { state, at: Date.now(), reason: reason(await resumePointOf(services, id)) };
        const job = await store.jobs.transition(id, { from: [from], to });
        if (!job) continue;
        await onMoved(job);
        moved++;
      }
    }
  }
  await store.sweeps.releaseAllChunks();
  if (moved > 0) log.info({ jobs: moved }, "recovered jobs that the last run left unfinished");
  await removeUnfinished(services, Date.now());
  return moved;
}

/** Removes the remains of unfinished uploads, deletions and checkpoints that began before `at`, in epoch milliseconds. */
export async function removeUnfinished({ store, log }: Pick<Services, "store" | "log">, at: number): Promise<void> {
  const datasets = await store.datasets.removeUnfinished(at);
  if (datasets > 0) log.info({ datasets }, "removed uploads and deletions that the last run left unfinished");
  const checkpoints = await store.checkpoints.removeUnfinished(at);
  if (checkpoints > 0) log.info({ checkpoints }, "removed checkpoints that the last run left unfinished");
}
