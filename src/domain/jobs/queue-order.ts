/** The order of queued jobs: how jobs enter and leave the queue, and which job is next. */
import type { Job, JobState, Transition } from "./job.ts";

/** A compare-and-set on the state of a job. */
export interface TransitionRequest {
  readonly from: readonly JobState[];
  readonly to: Transition;
  /** Applies only if the job is in this attempt. */
  readonly attempt?: number;
  /** Whether to count a crash of its worker. */
  readonly died?: boolean;
  /** For changes to `queued`: the earliest time to claim the job, in epoch milliseconds. */
  readonly notBefore?: number;
  /** For changes to `queued`: whether its waiting time starts now, instead of keeping its position in the queue. */
  readonly anew?: boolean;
}

/** The memory available to a claim. */
export interface MemoryRoom {
  /** Memory that the running jobs leave free. */
  readonly freeBytes: number;
  /** Memory when no job runs: a job that needs more is never claimed here. */
  readonly totalBytes: number;
}

/** A request for a job under a lease: the queue message and the worker. */
export interface LeaseRequest {
  readonly lease: string;
  readonly workerId: string;
  readonly at: number;
  /** Most running jobs of its project. */
  readonly runningJobs: number;
}

/** The result of a request for a lease. */
export type LeaseResult =
  /** It was queued and is now running. */
  | "taken"
  /** It is running under this same lease: its worker has sent nothing since. */
  | "abandoned"
  /** Its project has reached its limit of running jobs. */
  | "full"
  /** It is not available. */
  | "void";

/** The queue in the database. */
export interface QueueStore {
  /**
   * Moves the next queued job to `running` and counts its attempt, in one transaction. Chooses the project with the fewest
   * running jobs, fewer than `runningJobs`; of several, the one that was chosen least recently. Of its jobs that fit the memory,
   * chooses the one with the highest priority, where a minute of waiting counts as one step of priority. A job that does not fit
   * is overtaken for at most a minute; after that, memory is kept free for it. Null if there is no job to claim.
   */
  claim(at: number, room?: MemoryRoom, runningJobs?: number): Promise<Job | null>;
  /** Moves a queued job to `running` under a lease. If the job is not queued, the result says what became of the lease. */
  lease(id: string, request: LeaseRequest): Promise<LeaseAttempt>;
  /** Lists projects with queued jobs and fewer than `runningJobs` running jobs, in the order in which they are served. */
  projectsInTurn(runningJobs: number): Promise<readonly string[]>;
  /** Returns when the next job in backoff after a crash may be claimed; null if there is none. */
  nextRetryAt(): Promise<number | null>;
  /** Returns the number of queued jobs of the same project before this one; null unless it is queued. */
  position(id: string): Promise<number | null>;
}

/** The result of a request for a lease, with the job if it was taken or abandoned. */
export interface LeaseAttempt {
  readonly result: LeaseResult;
  readonly job: Job | null;
}
