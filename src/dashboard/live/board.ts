/**
 * The newest known version of every job that a view has read or that the server has sent. Lists keep ids and read jobs here, so a job shown
 * twice is the same in both. Bounded: the least recently changed jobs are dropped when there are too many.
 *
 * An answer may be older than what the WebSocket sent meanwhile (a cancelled job is answered as `cancelling`): the older version is
 * dropped. After a lost connection any version is accepted, because the server may have been restored from a backup.
 */
import { useEffect, useState } from "preact/hooks";
import type { Job } from "../../client/answers.ts";
import type { Live } from "./live.ts";
import type { JobsMessage } from "./messages.ts";

export interface JobBoard {
  get(id: string): Job | undefined;
  /** Stores a job that a request has answered, unless a newer version is known, and tells the listeners. */
  put(job: Job): void;
  /** Marks a job as deleted, and tells the listeners. */
  drop(id: string): void;
  /** Calls the listener with every change, whoever caused it. Returns an unsubscribe function. */
  watch(listener: (message: JobsMessage) => void): () => void;
}

const MAX_JOBS = 20_000;

interface Known {
  /** Null once it is deleted. */
  readonly job: Job | null;
  /** The generation of the connection at that time (`Live.generation`). */
  readonly generation: number;
}

/** Whether `job` is an earlier version of `known`: each change of state adds a transition, and epochs only grow. */
function isOlder(job: Job | null, known: Job | null): boolean {
  if (!job) return false;
  if (!known) return true;
  const transitions = job.transitions.length - known.transitions.length;
  return transitions === 0 ? job.epochs_done < known.epochs_done : transitions < 0;
}

/** Creates the board; it listens to `live` for as long as the page is open. */
export function createBoard(live: Live): JobBoard {
  const jobs = new Map<string, Known>();
  const listeners = new Set<(message: JobsMessage) => void>();
  const accept = (message: JobsMessage): void => {
    const [id, job] = message.type === "removed" ? [message.id, null] : [message.job.id, message.job];
    const known = jobs.get(id);
    const generation = live.generation.get();
    if (known?.generation === generation && isOlder(job, known.job)) return;
    // Deleting first moves the job to the end: a Map iterates in order of insertion.
    jobs.delete(id);
    jobs.set(id, { job, generation });
    if (jobs.size > MAX_JOBS) jobs.delete(jobs.keys().next().value ?? "");
    for (const listener of [...listeners]) listener(message);
  };
  live.watchJobs(accept);
  return {
    get: (id) => jobs.get(id)?.job ?? undefined,
    put: (job) => accept({ type: "job", job }),
    drop: (id) => accept({ type: "removed", id }),
    watch(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** Returns a job as it is now; undefined before it is read, null once it is deleted. */
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
