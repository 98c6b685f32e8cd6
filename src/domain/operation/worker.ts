/** A worker: a process that serves or trains, as the others see it. Times are epoch milliseconds. */

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
export interface WorkerStore {
  /** Records that a process is alive. Returns whether it is asked to drain: to give its jobs back. */
  recordHeartbeat(beat: WorkerHeartbeat): Promise<boolean>;
  /** Those heard of since then, with the jobs that they have, oldest first. */
  list(since: number): Promise<Worker[]>;
  /** Asks a process to give its jobs back. False when there is none of this id. */
  drain(id: string): Promise<boolean>;
  /** Removes a process that ends. */
  deregister(id: string): Promise<void>;
  /** Removes those that have not been heard of since then. */
  removeSilent(since: number): Promise<void>;
}
