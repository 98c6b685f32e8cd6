/** The bus of a single process: listeners by job, and of all jobs, called in turn. */
import type { Bus, JobHint } from "../domain/ports.ts";

type Listener = (hint: JobHint) => void;

/** The bus of a process, and what it knows of its listeners. */
export interface LocalBus extends Bus {
  /** The jobs that somebody listens to. */
  subscribed(): readonly string[];
  /** Whether somebody listens to all of them. */
  isWatched(): boolean;
}

/** The bus. A listener that throws harms no other: its error goes to `onError`. */
export function createLocalBus(onError: (error: unknown) => void): LocalBus {
  const ofJobs = new Map<string, Set<Listener>>();
  const ofAll = new Set<Listener>();
  const tell = (listeners: Iterable<Listener>, hint: JobHint): void => {
    for (const listener of listeners) {
      try {
        listener(hint);
      } catch (error) {
        onError(error);
      }
    }
  };
  const send = (hint: JobHint): void => {
    tell(ofJobs.get(hint.jobId) ?? [], hint);
    tell(ofAll, hint);
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
