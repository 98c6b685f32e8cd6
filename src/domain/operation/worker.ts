/** A worker: a process that serves or trains, as the others see it. Times are epoch milliseconds. */

import type { Grant } from "../access/rate-limit.ts";

/** `serve` answers requests, `work` trains, `all` does both. */
export const ROLES = ["all", "serve", "work"] as const;
export type Role = (typeof ROLES)[number];

/** What a process says of itself, again and again. */
export interface WorkerHeartbeat {
  readonly id: string;
  /** Whatever its superuser calls it: the host, unless it is set. */
  readonly name: string;
  readonly role: Role;
  readonly version: string;
  /** Jobs that it trains at the same time; 0 when it only serves. */
  readonly slots: number;
  /** What these may need together. */
  readonly memoryBytes: number;
  readonly startedAt: number;
  readonly heartbeatAt: number;
}

/** A job that a worker has. */
export interface WorkerJob {
  readonly id: string;
  readonly project: string;
  readonly attempt: number;
  readonly memoryBytes: number;
}

export interface Worker extends WorkerHeartbeat {
  /** It takes no more jobs, and gives back those that it has. */
  readonly isDraining: boolean;
  readonly jobs: readonly WorkerJob[];
}

/** The processes that share a store. */
export interface Workers {
  /** Notes that a process is there. Returns whether somebody wants it to give its jobs away. */
  recordHeartbeat(beat: WorkerHeartbeat): Promise<boolean>;
  /** Those heard of since then, with the jobs that they have, oldest first. */
  listWorkers(since: number): Promise<Worker[]>;
  /** Wants a process to give its jobs away. False when there is none of this id. */
  drainWorker(id: string): Promise<boolean>;
  /** A process ends, and is listed no more. */
  deregisterWorker(id: string): Promise<void>;
  /** Forgets those that have not been heard of since then, and counts of windows that ended before it. */
  removeWorkers(silentSince: number): Promise<void>;
  /** Counts once more under a key, for all processes together, unless the limit is reached in this window of time. */
  incrementCounter(
    key: string,
    window: { readonly at: number; readonly windowMs: number; readonly limit: number },
  ): Promise<Grant>;
}
