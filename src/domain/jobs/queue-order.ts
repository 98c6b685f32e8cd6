/** The line of queued jobs: how a job comes into it and out of it, and which is next. */
import type { Job, JobState, Transition } from "./job.ts";

/** A compare-and-set on the state of a job. */
export interface TransitionRequest {
  readonly from: readonly JobState[];
  readonly to: Transition;
  /** Only while the job is in this attempt. */
  readonly attempt?: number;
  /** Counts a crash of its worker. */
  readonly died?: boolean;
  /** Of a change to `queued`: it is not taken before this time, epoch milliseconds. */
  readonly notBefore?: number;
  /** Of a change to `queued`: it waits from now on, and does not keep the place that it had. */
  readonly anew?: boolean;
}

/** Memory that a claim may use. */
export interface MemoryRoom {
  /** Left by the jobs that run. */
  readonly freeBytes: number;
  /** What there is when none runs: a job that needs more is never taken here. */
  readonly totalBytes: number;
}

/** Under which message of the queue, and by whom, a job is taken. */
export interface LeaseRequest {
  readonly lease: string;
  readonly workerId: string;
  readonly at: number;
  /** Jobs that its project may have under way. */
  readonly runningJobs: number;
}

/** What came of taking a job under a lease. */
export type LeaseResult =
  /** It was queued, and runs from now on. */
  | "taken"
  /** It runs under this very lease: whoever took it has not been heard of since. */
  | "abandoned"
  /** Its project has as many under way as it may have. */
  | "full"
  /** It is not there to be taken. */
  | "void";

/** The queue, as the database has it. */
export interface QueueStore {
  /**
   * Takes the next queued job into `running` and counts its attempt, in one transaction. Next is a job of the project that has
   * the fewest under way, less than `runningJobs`, and of several the one whose last turn is longest ago: the job of the highest
   * priority, a minute of waiting counting as one step of it, among those that fit the room. One that does not fit is overtaken
   * only until it has waited for a minute; then the room is left to fill up for it. Null when there is none to take.
   */
  claim(at: number, room?: MemoryRoom, runningJobs?: number): Promise<Job | null>;
  /** Takes a queued job into `running` under a lease, and says what the lease means where it is not queued. */
  lease(id: string, request: LeaseRequest): Promise<LeaseAttempt>;
  /** Projects with queued jobs, whose turn it is first; without those that have `runningJobs` jobs under way. */
  projectsInTurn(runningJobs: number): Promise<readonly string[]>;
  /** When the next queued job may be taken that waits after a crash; null when none does. */
  nextRetryAt(): Promise<number | null>;
  /** How many queued jobs of its project come before this one; null unless it is queued. */
  position(id: string): Promise<number | null>;
}

/** A try to take a job under a lease: what came of it, and the job where it was taken or abandoned. */
export interface LeaseAttempt {
  readonly result: LeaseResult;
  readonly job: Job | null;
}
