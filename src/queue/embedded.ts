/** The queue of a single process: the jobs table orders the jobs, and a local hint wakes the runner. */

import { MAX_BACKOFF_MS } from "../domain/jobs/job.ts";
import type { JobQueue, Lease } from "../domain/jobs/queue.ts";
import type { Store } from "../domain/store/store.ts";

/** Minimum wait before the queue is polled for a job that waits after a crash, whatever the clock says. */
const MIN_WAIT_MS = 20;

/** The lease of a single process, which cannot be lost. */
const NEVER = new AbortController().signal;
const LEASE: Lease = { lost: NEVER, expiring: NEVER, release: () => Promise.resolve() };

/** Creates the queue over a store. A project has at most `runningJobs` running jobs. */
export function createEmbeddedQueue(store: Store, runningJobs?: number): JobQueue {
  const listeners = new Set<() => void>();
  const wakeAll = (): void => {
    for (const wake of listeners) wake();
  };
  let timer: NodeJS.Timeout | undefined;

  /** Sets a timer that wakes the listeners when a waiting job may be claimed. */
  const waitForRetry = async (): Promise<void> => {
    const at = await store.queue.nextRetryAt();
    clearTimeout(timer);
    if (at === null || listeners.size === 0) return;
    timer = setTimeout(wakeAll, Math.min(Math.max(at - Date.now(), MIN_WAIT_MS), MAX_BACKOFF_MS));
    timer.unref();
  };
  return {
    enqueue: async () => wakeAll(),
    claim: async (room) => {
      const job = await store.queue.claim(Date.now(), room, runningJobs);
      if (!job) await waitForRetry();
      return job;
    },
    hold: () => LEASE,
    onWork: (wake) => {
      // A wrapper, so that one function can subscribe twice.
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
