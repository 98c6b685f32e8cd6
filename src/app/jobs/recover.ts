/** Recover: at the start, jobs that a stopped server left half way are put where they can go on from, and what is unfinished goes. */
import type { Job, JobState, Transition } from "../../domain/jobs/job.ts";
import type { Services } from "../services.ts";
import { placeOf } from "./job-outcome.ts";

/** Where a job goes from each state that only a live server keeps it in. `place`: where it will go on from, in words. */
const RECOVERY: readonly { readonly from: JobState; readonly to: JobState; readonly reason: (place: string) => string }[] = [
  // Its metrics stay: the next attempt computes the same epochs again and reports those after the last one stored.
  { from: "running", to: "queued", reason: (place) => `the server ended while it ran; it goes on from ${place}` },
  { from: "pausing", to: "paused", reason: (place) => `the server ended while it paused; paused at ${place}` },
  { from: "cancelling", to: "cancelled", reason: () => "cancelled on request; the server ended meanwhile" },
];

const PAGE = 200;

/** Call it before the first claim. Returns how many jobs were moved, each of which `onMoved` was told of. */
export async function recover(
  services: Pick<Services, "store" | "log">,
  onMoved: (job: Job) => Promise<void> = async () => undefined,
): Promise<number> {
  const { store, log } = services;
  let moved = 0;
  for (const { from, to: state, reason } of RECOVERY) {
    for (let found = PAGE; found === PAGE; ) {
      const { data } = await store.jobs.list({ state: from }, { limit: PAGE });
      found = data.length;
      for (const { id } of data) {
        const to: Transition = { state, at: Date.now(), reason: reason(await placeOf(services, id)) };
        const job = await store.jobs.transition(id, { from: [from], to });
        if (!job) continue;
        await onMoved(job);
        moved++;
      }
    }
  }
  if (moved > 0) log.info({ jobs: moved }, "jobs of the last run were recovered");
  await removeUnfinished(services, Date.now());
  return moved;
}

/** Removes what uploads, deletions and checkpoints that were begun before `at` have left half way. */
export async function removeUnfinished({ store, log }: Pick<Services, "store" | "log">, at: number): Promise<void> {
  const datasets = await store.datasets.removeUnfinished(at);
  if (datasets > 0) log.info({ datasets }, "uploads and deletions that the last run left half way were removed");
  const checkpoints = await store.checkpoints.removeUnfinished(at);
  if (checkpoints > 0) log.info({ checkpoints }, "checkpoints that the last run left half way were removed");
}
