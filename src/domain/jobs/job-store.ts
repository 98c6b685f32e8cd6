/** What is stored of jobs, and of their events. Knows nothing of databases. */
import type { ProjectLimits } from "../limits.ts";
import type { Evaluation } from "../models/evaluation.ts";
import type { NewModel } from "../models/model.ts";
import type { Page, PageRequest } from "../page.ts";
import type { ResolvedSpec } from "../spec/spec.ts";
import type { TensorSet } from "../tensor.ts";
import type { Job, JobError, JobEvent, JobMetrics, JobState, Reproduction } from "./job.ts";
import type { TransitionRequest } from "./queue-order.ts";

/** Which jobs a list has: those that match every member that is given. */
export interface JobFilter {
  readonly state?: JobState | undefined;
  readonly name?: string | undefined;
}

/** What a submission stores: the job and its bulk, in one transaction. */
export interface NewJob {
  readonly id: string;
  readonly spec: ResolvedSpec;
  readonly parameters: number;
  readonly memoryBytes: number;
  readonly classes: readonly string[];
  /** Inline rows and initial weights. */
  readonly payload: TensorSet | null;
  readonly createdAt: number;
  readonly reproduces?: Reproduction;
  /** Limits of its project. `insert` throws rate_limited or conflict beyond them. */
  readonly within?: Pick<ProjectLimits, "queuedJobs" | "models">;
}

/** A finished training run, ready to be stored. */
export type Outcome =
  | {
      readonly state: "succeeded";
      readonly reason: string;
      readonly metrics: JobMetrics;
      readonly model: NewModel;
      readonly weights: TensorSet;
      readonly evaluation: Evaluation | null;
    }
  | { readonly state: "failed"; readonly metrics: JobMetrics | null; readonly error: JobError }
  | { readonly state: "cancelled"; readonly metrics: JobMetrics | null };

/** For those who watch the server. */
export interface JobCounts {
  readonly states: Readonly<Partial<Record<JobState, number>>>;
  /** When the job was submitted that has been queued for longest; null when none is. */
  readonly oldestQueuedAt: number | null;
}

/** A job that has ended, as retention finds it. */
export interface EndedJob {
  readonly id: string;
  readonly project: string;
}

/**
 * Jobs. A method that changes a job's state appends to the job's one gapless sequence of events in the same transaction.
 * Times are epoch milliseconds.
 */
export interface JobStore {
  /** Stores a queued job and its first event. Throws rate_limited or conflict beyond `job.within`. */
  insert(job: NewJob): Promise<Job>;
  /** Null for an unknown id. */
  get(id: string): Promise<Job | null>;
  /** Newest first. */
  list(filter: JobFilter, page: PageRequest): Promise<Page<Job>>;
  /** Counts the jobs of every project. */
  count(): Promise<JobCounts>;
  /** Inline rows and initial weights. Null for a job without any, or of an unknown id. */
  readPayload(jobId: string): Promise<TensorSet | null>;
  /** Moves the job if it is in one of `request.from`, and appends a state event. Null when it is not, or is unknown. */
  transition(id: string, request: TransitionRequest): Promise<Job | null>;
  /** Ends a running, pausing or cancelling job in this attempt, with its model if it has one, in one transaction. Null when it is not so. */
  finish(id: string, attempt: number, at: number, reason: string, outcome: Outcome): Promise<Job | null>;
  /** Deletes a job in a terminal state with its events, metrics, checkpoints and payload; its model stays. False when it is unknown or not terminal. */
  delete(id: string): Promise<boolean>;
  /** Jobs that ended before a time, oldest first, at most `limit`. `having`: those that still have some of it. */
  listEnded(before: number, limit: number, having: "anything" | "metrics" | "checkpoints"): Promise<EndedJob[]>;
}

/** The events of jobs. */
export interface EventStore {
  /**
   * Events with a sequence number above `after`, in order: at most `limit`, and about `maxBytes` of columns (at least one event;
   * 1 MiB when left out). Empty for an unknown id.
   */
  read(jobId: string, after: number, limit: number, maxBytes?: number): Promise<JobEvent[]>;
}
