/**
 * The newest known version of every job that a view has read or that the server has told of. Lists keep ids and look here:
 * a job that is shown in two places is the same in both. Bounded: the least recently changed go when there are too many.
 */
import { useEffect, useState } from "preact/hooks";
import type { Job } from "../../client/answers.ts";
import type { Live } from "../live/live.ts";
import type { JobsMessage } from "../live/messages.ts";

export interface JobBoard {
  get(id: string): Job | undefined;
  /** Takes what a request has answered; watchers hear of it. */
  put(job: Job): void;
  /** Forgets a job that was deleted; watchers hear of it. */
  drop(id: string): void;
  /** Hears of every change, whoever caused it. Gives the function that ends it. */
  watch(listener: (message: JobsMessage) => void): () => void;
}

const MAX_JOBS = 20_000;

export function createBoard(live: Live): JobBoard {
  const jobs = new Map<string, Job>();
  const listeners = new Set<(message: JobsMessage) => void>();
  const tell = (message: JobsMessage): void => {
    if (message.type === "removed") jobs.delete(message.id);
    else keep(message.job);
    for (const listener of [...listeners]) listener(message);
  };
  const keep = (job: Job): void => {
    // Deleting first moves it to the end: a Map iterates in order of insertion.
    jobs.delete(job.id);
    jobs.set(job.id, job);
    if (jobs.size > MAX_JOBS) jobs.delete(jobs.keys().next().value ?? "");
  };
  live.watchJobs(tell);
  return {
    get: (id) => jobs.get(id),
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
