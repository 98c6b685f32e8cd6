/** The queue of a single process: the jobs table itself says who is next, and a local hint says when to look. */
import type { JobQueue, Store } from "../domain/ports.ts";

/** The queue over a store. */
export function createEmbeddedQueue(store: Store): JobQueue {
  const listeners = new Set<() => void>();
  return {
    enqueue: async () => {
      for (const wake of listeners) wake();
    },
    claim: () => store.claimJob(Date.now()),
    onWork: (wake) => {
      // A subscription is its own, even where two share a function.
      const listener = () => wake();
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    position: (jobId) => store.queuePosition(jobId),
  };
}
