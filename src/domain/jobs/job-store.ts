/** The interface of the stores of jobs and their events. Knows nothing of databases. */
import type { Condition } from "../filter.ts";
import type { LabelChanges, Labels } from "../labels.ts";
import type { ProjectLimits } from "../limits.ts";
import type { MetricChunk } from "../metrics/metric.ts";
import type { Evaluation } from "../models/evaluation.ts";
import type { NewModel } from "../models/model.ts";
import type { Note } from "../notes.ts";
import type { Page, PageRequest } from "../page.ts";
import type { ResolvedSpec } from "../spec/spec.ts";
import type { TensorSet } from "../tensor.ts";
import type { Job, JobError, JobEvent, JobMetrics, JobState, Reproduction } from "./job.ts";
import type { JobOrder } from "./job-order.ts";
import type { TransitionRequest } from "./queue-order.ts";

/** A filter of jobs. A job must match every given member. */
export interface JobFilter {
  readonly state?: JobState | undefined;
  readonly name?: string | undefined;
  /** On JOB_FIELDS; all must hold. */
  readonly conditions?: readonly Condition[] | undefined;
  /** Newest first when left out. */
  readonly order?: JobOrder | undefined;
}

/** A submitted job and its payload, which are stored in one transaction. */
export interface NewJob {
  readonly id: string;
  readonly spec: ResolvedSpec;
  readonly parameters: number;
  readonly memoryBytes: number;
  readonly classes: readonly string[];
  /** Notes on its data; none when left out. */
  readonly notes?: readonly Note[];
  /** No tags and no note when left out. */
  readonly labels?: Labels;
  /** Inline rows and initial weights. */
  readonly payload: TensorSet | null;
  readonly createdAt: number;
  /** The span that submits it; left out if there is none. */
  readonly traceparent?: string;
  readonly reproduces?: Reproduction;
  /** Limits of its project. `insert` throws rate_limited or conflict if they are exceeded. */
  readonly within?: Pick<ProjectLimits, "queuedJobs" | "models">;
}

/** The outcome of a training run, as it is stored. */
export type Outcome =
  | {
      readonly state: "succeeded";
      readonly reason: string;
      readonly metrics: JobMetrics;
      readonly model: NewModel;
      readonly weights: TensorSet;
      readonly evaluation: Evaluation | null;
      /** Epochs that are not stored yet, and are stored with the outcome. */
      readonly last?: MetricChunk;
    }
  | { readonly state: "failed"; readonly metrics: JobMetrics | null; readonly error: JobError }
  | { readonly state: "cancelled"; readonly metrics: JobMetrics | null };

/** Counts of jobs, for monitoring. */
export interface JobCounts {
  readonly states: Readonly<Partial<Record<JobState, number>>>;
  /** When the oldest queued job was submitted; null if none is queued. */
  readonly oldestQueuedAt: number | null;
}

/** An ended job, for retention. */
export interface EndedJob {
  readonly id: string;
  readonly project: string;
}

/**
 * Stores jobs. Every method that changes a job's state also appends an event to the job's gapless sequence, in the same
 * transaction. Times are epoch milliseconds.
 */
export interface JobStore {
  /** Stores a queued job and its first event. Throws rate_limited or conflict if `job.within` is exceeded. */
  insert(job: NewJob): Promise<Job>;
  /** Returns a job. Null for an unknown id. */
  get(id: string): Promise<Job | null>;
  /**
   * Lists jobs in the order of the filter. `page.after` is the cursor from the page before; throws invalid if it belongs to another order,
   * and if the filter would have to read too many jobs.
   */
  list(filter: JobFilter, page: PageRequest): Promise<Page<Job>>;
  /** Changes the tags and the note of a job, in whatever state it is. Null for an unknown id. */
  label(id: string, changes: LabelChanges): Promise<Job | null>;
  /** Counts the jobs of every project. */
  count(): Promise<JobCounts>;
  /** Reads inline rows and initial weights. Null if the job has none or is unknown. */
  readPayload(jobId: string): Promise<TensorSet | null>;
  /** Changes the state of a job if it is in one of `request.from`, and appends a state event. Otherwise returns null. */
  transition(id: string, request: TransitionRequest): Promise<Job | null>;
  /** Ends a job that is running, pausing or cancelling in this attempt, and stores its model, in one transaction. Otherwise null. */
  finish(id: string, attempt: number, at: number, reason: string, outcome: Outcome): Promise<Job | null>;
  /**
   * Deletes a job in a terminal state with its events, metrics, checkpoints and payload, but not its model. False if it is
   * unknown or not terminal.
   */
  delete(id: string): Promise<boolean>;
  /** Lists at most `limit` jobs that ended before a time and still have data of the kind `having`, oldest first. */
  listEnded(before: number, limit: number, having: "anything" | "metrics" | "checkpoints"): Promise<EndedJob[]>;
}

/** Stores the events of jobs. */
export interface EventStore {
  /**
   * Reads events with a sequence number above `after`, in order: at most `limit`, and about `maxBytes` of columns (default 1
   * MiB), but at least one event. Empty for an unknown id.
   */
  read(jobId: string, after: number, limit: number, maxBytes?: number): Promise<JobEvent[]>;
}
