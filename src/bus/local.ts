/** The bus of a single process: listeners by job, called in turn. */
import type { Bus } from "../domain/ports.ts";

/** The bus. A listener that throws harms no other: its error goes to `onError`. */
export function createLocalBus(onError: (error: unknown) => void): Bus {
  const listeners = new Map<string, Set<() => void>>();
  return {
    publish: (jobId) => {
      for (const wake of listeners.get(jobId) ?? []) {
        try {
          wake();
        } catch (error) {
          onError(error);
        }
      }
    },
    subscribe: (jobId, wake) => {
      const ofJob = listeners.get(jobId) ?? new Set();
      listeners.set(jobId, ofJob);
      const listener = () => wake();
      ofJob.add(listener);
      return () => {
        ofJob.delete(listener);
        if (ofJob.size === 0 && listeners.get(jobId) === ofJob) listeners.delete(jobId);
      };
    },
  };
}
