/** The queue of a single process: the jobs table orders the jobs, and a local hint tells when to look. */

import { MAX_BACKOFF_MS } from "../domain/jobs/job.ts";
import type { JobQueue, Lease } from "../domain/jobs/queue.ts";
import type { Store } from "../domain/store/store.ts";

/** The least wait before a job that waits after a crash is looked for again, whatever the clock says. */
const LEAST_WAIT_MS = 20;

/** The lease of a single process, which cannot be lost. */
const NEVER = new AbortController().signal;
const HOLD: Lease = { lost: NEVER, expiring: NEVER, release: () => Promise.resolve() };

/** Creates the queue over a store. A project has at most `runningJobs` running jobs. */
export function createEmbeddedQueue(store: Store, runningJobs?: number): JobQueue {
  const listeners = new Set<() => void>();
  const wakeAll = (): void => {
    for (const wake of listeners) wake();
  };
  let timer: NodeJS.Timeout | undefined;

  /** Fires when a waiting job may be claimed. */
  const waitForRetry = async (): Promise<void> => {
    const at = await store.queue.nextRetryAt();
    clearTimeout(timer);
    if (at === null || listeners.size === 0) return;
    timer = setTimeout(wakeAll, Math.min(Math.max(at - Date.now(), LEAST_WAIT_MS), MAX_BACKOFF_MS));
    timer.unref();
  };
  return {
    enqueue: async () => wakeAll(),
    claim: async (room) => {
      const job = await store.queue.claim(Date.now(), room, runningJobs);
      if (!job) await waitForRetry();
      return job;
    },
    hold: () => HOLD,
    onWork: (wake) => {
      // Two subscriptions of one function are two subscriptions.
      const listener = () => wake();
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) clearTimeout(timer);
      };
    },
    position: (jobId) => store.queue.position(jobId),
  };
}
