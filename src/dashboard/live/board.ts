/**
 * The newest known version of every job that a view has read or that the server has told of. Lists keep ids and look here:
 * a job that is shown in two places is the same in both. Bounded: the least recently changed go when there are too many.
 *
 * What a request answers may be older than what the WebSocket told meanwhile (a cancelled job is answered as `cancelling`):
 * the older one is dropped. After a break anything is taken: the server may have been restored from a backup.
 */
import { useEffect, useState } from "preact/hooks";
import type { Job } from "../../client/answers.ts";
import type { Live } from "./live.ts";
import type { JobsMessage } from "./messages.ts";

export interface JobBoard {
  get(id: string): Job | undefined;
  /** Takes what a request has answered, unless something newer is known; watchers hear of it. */
  put(job: Job): void;
  /** Forgets a job that was deleted; watchers hear of it. */
  drop(id: string): void;
  /** Hears of every change, whoever caused it. Gives the function that ends it. */
  watch(listener: (message: JobsMessage) => void): () => void;
}

const MAX_JOBS = 20_000;

interface Known {
  /** Null once it is deleted. */
  readonly job: Job | null;
  /** Since which break of the connection (`Live.generation`). */
  readonly generation: number;
}

/** Whether `job` is what `known` was before: a change of state adds a transition, and epochs only become more. */
function isOlder(job: Job | null, known: Job | null): boolean {
  if (!job) return false;
  if (!known) return true;
  const transitions = job.transitions.length - known.transitions.length;
  return transitions === 0 ? job.epochs_done < known.epochs_done : transitions < 0;
}

export function createBoard(live: Live): JobBoard {
  const jobs = new Map<string, Known>();
  const listeners = new Set<(message: JobsMessage) => void>();
  const tell = (message: JobsMessage): void => {
    const [id, job] = message.type === "removed" ? [message.id, null] : [message.job.id, message.job];
    const known = jobs.get(id);
    const generation = live.generation.get();
    if (known?.generation === generation && isOlder(job, known.job)) return;
    // Deleting first moves it to the end: a Map iterates in order of insertion.
    jobs.delete(id);
    jobs.set(id, { job, generation });
    if (jobs.size > MAX_JOBS) jobs.delete(jobs.keys().next().value ?? "");
    for (const listener of [...listeners]) listener(message);
  };
  live.watchJobs(tell);
  return {
    get: (id) => jobs.get(id)?.job ?? undefined,
    put: (job) => tell({ type: "job", job }),
    drop: (id) => tell({ type: "removed", id }),
    watch(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** A job as it is now; undefined while nobody has read it, null once it is deleted. */
export function useJob(board: JobBoard, id: string): Job | null | undefined {
  const [job, setJob] = useState<Job | null | undefined>(board.get(id));
  useEffect(() => {
    setJob(board.get(id));
    return board.watch((message) => {
      if (message.type === "removed") {
        if (message.id === id) setJob(null);
      } else if (message.job.id === id) setJob(message.job);
    });
  }, [board, id]);
  return job;
}
