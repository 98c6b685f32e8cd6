/** The queue interface: how workers get queued jobs, and, with several processes, the leases that give a worker the right to a job. */
import type { Job } from "./job.ts";
import type { MemoryRoom } from "./queue-order.ts";

/** Runs an SQL statement with parameters $1, $2, ... and returns its rows. */
export type RunSql = (text: string, values?: readonly unknown[]) => Promise<Record<string, unknown>[]>;

/** A job that was just queued. */
export interface QueueEntry {
  readonly job: Job;
  /** The sort key in milliseconds, smallest first; a step of priority is worth a minute. */
  readonly queueKey: number;
  /** The earliest time to claim it; null if it can be claimed immediately. */
  readonly notBefore: number | null;
}

/** Called in the transaction that queues a job; `runSql` runs in it. Throwing rolls the transaction back. */
export type OnQueued = (entry: QueueEntry, runSql: RunSql) => Promise<void>;

/** The queue of jobs. The embedded queue is the jobs table itself. */
export interface JobQueue {
  /** Called after a job was stored as queued. */
  enqueue(jobId: string): Promise<void>;
  /** Claims the next job that fits the memory, and returns it in state `running`; null if there is none. */
  claim(room?: MemoryRoom): Promise<Job | null>;
  /** Returns the lease of a claimed job. */
  hold(job: Job): Lease;
  /** Calls `wake` when there may be a job to claim. Returns an unsubscribe function. */
  onWork(wake: () => void): () => void;
  /** Returns the number of jobs ahead of this one; null unless it is queued. */
  position(jobId: string): Promise<number | null>;
}

/** A run's right to its job. */
export interface Lease {
  /** Aborted when another process may have the job. */
  readonly lost: AbortSignal;
  /** Aborted when it is time to write a checkpoint and requeue the job. */
  readonly expiring: AbortSignal;
  /** Ends the lease when the run has ended. If its outcome could not be stored, the job is left to the recovery of lost jobs. */
  release(isStored: boolean): Promise<void>;
}
