/** The queue of a single process: the jobs table itself says who is next, and a local hint says when to look. */

import { MAX_BACKOFF_MS } from "../domain/jobs/job.ts";
import type { JobQueue, Lease } from "../domain/jobs/queue.ts";
import type { Store } from "../domain/ports.ts";

/** Looks for a job that waits after a crash are not closer than this, whatever the clock says. */
const LEAST_WAIT_MS = 20;

/** A single process has its jobs for as long as it lives. */
const NEVER = new AbortController().signal;
const HOLD: Lease = { lost: NEVER, expiring: NEVER, release: () => Promise.resolve() };

/** The queue over a store. A project has at most `runningJobs` jobs under way at a time. */
export function createEmbeddedQueue(store: Store, runningJobs?: number): JobQueue {
  const listeners = new Set<() => void>();
  const wakeAll = (): void => {
    for (const wake of listeners) wake();
  };
  let timer: NodeJS.Timeout | undefined;

  /** Wakes when a job that waits may be taken. */
  const waitForRetry = async (): Promise<void> => {
    const at = await store.nextRetryAt();
    clearTimeout(timer);
    if (at === null || listeners.size === 0) return;
    timer = setTimeout(wakeAll, Math.min(Math.max(at - Date.now(), LEAST_WAIT_MS), MAX_BACKOFF_MS));
    timer.unref();
  };
  return {
    enqueue: async () => wakeAll(),
    claim: async (room) => {
      const job = await store.claimJob(Date.now(), room, runningJobs);
      if (!job) await waitForRetry();
      return job;
    },
    hold: () => HOLD,
    onWork: (wake) => {
      // A subscription is its own, even where two share a function.
      const listener = () => wake();
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) clearTimeout(timer);
      };
    },
    position: (jobId) => store.queuePosition(jobId),
  };
}
