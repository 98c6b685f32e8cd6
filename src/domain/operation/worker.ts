/** Workers: the processes that serve or train, as registered in the store. Times are epoch milliseconds. */

/** `serve` answers requests, `work` trains, `all` does both. */
export const ROLES = ["all", "serve", "work"] as const;
export type Role = (typeof ROLES)[number];

/** The periodic report of a process on itself. */
export interface WorkerHeartbeat {
  readonly id: string;
  /** The name that the operator configured; by default the host name. */
  readonly name: string;
  readonly role: Role;
  readonly version: string;
  /** Jobs that it trains at the same time; 0 if it only serves. */
  readonly slots: number;
  /** Memory for all of these jobs together. */
  readonly memoryBytes: number;
  readonly startedAt: number;
  readonly heartbeatAt: number;
}

/** A job that a worker is running. */
export interface WorkerJob {
  readonly id: string;
  readonly project: string;
  readonly attempt: number;
  readonly memoryBytes: number;
}

export interface Worker extends WorkerHeartbeat {
  /** Whether it claims no more jobs and requeues those that it has. */
  readonly isDraining: boolean;
  readonly jobs: readonly WorkerJob[];
}

/** The registry of the processes that share a store. */
export interface WorkerStore {
  /** Records that a process is alive. Returns whether it was asked to drain, that is, to requeue its jobs. */
  recordHeartbeat(beat: WorkerHeartbeat): Promise<boolean>;
  /** Lists the processes with a heartbeat since a time, with their jobs, oldest first. */
  list(since: number): Promise<Worker[]>;
  /** Asks a process to requeue its jobs. False if there is no process with this id. */
  drain(id: string): Promise<boolean>;
  /** Removes a process that exits. */
  deregister(id: string): Promise<void>;
  /** Removes the processes without a heartbeat since a time. */
  removeSilent(since: number): Promise<void>;
}
