/** Recover: at the start, jobs that a stopped server left half way are put where they can go on from, and uploads go. */
import type { JobState, Transition } from "../domain/job.ts";
import type { Services } from "./services.ts";

/** Where a job goes from each state that only a live server keeps it in. */
const RECOVERY: readonly { readonly from: JobState; readonly to: JobState; readonly reason: string }[] = [
  // Its metrics stay: the next attempt computes the same epochs again and reports those after the last one stored.
  { from: "running", to: "queued", reason: "the server stopped while it ran" },
  { from: "cancelling", to: "cancelled", reason: "cancelled on request; the server stopped meanwhile" },
];

const PAGE = 200;

/** Call it before the first claim. Returns how many jobs were moved. */
export async function recover({ store, log }: Services): Promise<number> {
  let moved = 0;
  for (const { from, to: state, reason } of RECOVERY) {
    for (let found = PAGE; found === PAGE; ) {
      const { data } = await store.listJobs({ state: from }, { limit: PAGE });
      found = data.length;
      for (const { id } of data) {
        const to: Transition = { state, at: Date.now(), reason };
        if (await store.transition(id, { from: [from], to })) moved++;
      }
    }
  }
  if (moved > 0) log.info({ jobs: moved }, "jobs of the last run were recovered");
  const datasets = await store.removeUnfinishedDatasets(Date.now());
  if (datasets > 0) log.info({ datasets }, "uploads and deletions that the last run left half way were removed");
  return moved;
}
