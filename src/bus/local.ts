/** The bus of a single process: calls the subscribers of a job, and those of all jobs, one after the other. */
import type { Bus, JobHint } from "../domain/ports.ts";

type Listener = (hint: JobHint) => void;

/** The bus of a process, with what it knows of its subscribers. */
export interface LocalBus extends Bus {
  /** The jobs with subscribers. */
  subscribed(): readonly string[];
  /** Whether there are subscribers of all jobs. */
  isWatched(): boolean;
}

/** Creates the bus. The error of a subscriber goes to `onError` and does not stop the others. */
export function createLocalBus(onError: (error: unknown) => void): LocalBus {
  const ofJobs = new Map<string, Set<Listener>>();
  const ofAll = new Set<Listener>();
  const notify = (listeners: Iterable<Listener>, hint: JobHint): void => {
    for (const listener of listeners) {
      try {
        listener(hint);
      } catch (error) {
        onError(error);
      }
    }
  };
  const send = (hint: JobHint): void => {
    notify(ofJobs.get(hint.jobId) ?? [], hint);
    notify(ofAll, hint);
  };
  return {
    publish: (jobId, seq) => send({ jobId, removed: false, seq }),
    publishRemoved: (jobId, project) => send({ jobId, removed: true, project }),
    subscribe: (jobId, wake) => {
      const ofJob = ofJobs.get(jobId) ?? new Set();
      ofJobs.set(jobId, ofJob);
      const listener: Listener = (hint) => wake(hint.removed ? undefined : hint.seq);
      ofJob.add(listener);
      return () => {
        ofJob.delete(listener);
        if (ofJob.size === 0 && ofJobs.get(jobId) === ofJob) ofJobs.delete(jobId);
      };
    },
    subscribeAll: (listen) => {
      const listener: Listener = (hint) => listen(hint);
      ofAll.add(listener);
      return () => void ofAll.delete(listener);
    },
    subscribed: () => [...ofJobs.keys()],
    isWatched: () => ofAll.size > 0,
  };
}
