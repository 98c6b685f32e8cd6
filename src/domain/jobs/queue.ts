/** How a queued job comes to who runs it: the queue, and where there are several processes, messages, leases and the right to a job. */
import type { Job } from "./job.ts";
import type { MemoryRoom } from "./queue-order.ts";

/** Runs a statement of SQL, its parameters written $1, $2, and gives its rows. */
export type RunSql = (text: string, values?: readonly unknown[]) => Promise<Record<string, unknown>[]>;

/** A job that has just come into the queue. */
export interface QueueEntry {
  readonly job: Job;
  /** Its place: those of smaller ones come first. Milliseconds, a step of priority being worth a minute of them. */
  readonly queueKey: number;
  /** It is not taken before; null: at once. */
  readonly notBefore: number | null;
}

/** Called in the transaction that makes a job queued; `runSql` runs in it. What it throws undoes the transaction. */
export type OnQueued = (entry: QueueEntry, runSql: RunSql) => Promise<void>;

/** Who runs next. The embedded queue is the jobs table itself. */
export interface JobQueue {
  /** Called after a job was stored as queued. */
  enqueue(jobId: string): Promise<void>;
  /** The next job that fits the room, already in `running`; null when there is none. */
  claim(room?: MemoryRoom): Promise<Job | null>;
  /** The right to a job that was claimed. */
  hold(job: Job): Lease;
  /** Calls `wake` when a job may be there to claim; returns what ends that. */
  onWork(wake: () => void): () => void;
  /** Jobs ahead of this one; null unless it is queued. */
  position(jobId: string): Promise<number | null>;
}

/** What a run has to know of its right to the job. */
export interface Lease {
  /** Aborted: another process may have the job by now. */
  readonly lost: AbortSignal;
  /** Aborted: it is time for a checkpoint, and for the way back into the queue. */
  readonly expiring: AbortSignal;
  /** The run has ended. Where what came of it could not be stored, the job is left to whoever looks for lost ones. */
  release(isStored: boolean): Promise<void>;
}
