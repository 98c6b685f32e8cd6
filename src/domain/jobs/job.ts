/** The life of a job: its states, the transitions between them, and the record that the store keeps. Times are epoch milliseconds. */
import type { Series } from "../metrics/metric.ts";
import type { Score } from "../models/score.ts";
import type { ResolvedSpec } from "../spec/spec.ts";

export const JOB_STATES = ["queued", "running", "pausing", "paused", "cancelling", "cancelled", "succeeded", "failed"] as const;
export type JobState = (typeof JOB_STATES)[number];

/**
 * The states that a job may reach from each state.
 *
 * @internal Exported as the rule that tests check every recorded transition against.
 */
export const TRANSITIONS: Readonly<Record<JobState, readonly JobState[]>> = {
  queued: ["running", "paused", "cancelled"],
  running: ["pausing", "cancelling", "succeeded", "failed", "cancelled", "queued"],
  pausing: ["paused", "cancelling", "succeeded", "failed", "cancelled", "queued"],
  paused: ["queued", "cancelled"],
  cancelling: ["cancelled", "succeeded", "failed"],
  succeeded: [],
  failed: [],
  cancelled: [],
};

export const TERMINAL_STATES: readonly JobState[] = JOB_STATES.filter((state) => TRANSITIONS[state].length === 0);

/** States in which an attempt has the job and may write its outcome. */
export const ATTEMPTED_STATES: readonly JobState[] = ["running", "pausing", "cancelling"];

/** A job whose worker died waits for at most this long before the next attempt. */
export const MAX_BACKOFF_MS = 60_000;

/** Whether a job in this state stays in it for good. */
export function isTerminal(state: JobState): boolean {
  return TRANSITIONS[state].length === 0;
}

/** Why a job failed. */
export const JOB_ERROR_CODES = ["diverged", "timeout", "worker_died", "interrupted", "internal"] as const;
export interface JobError {
  readonly code: (typeof JOB_ERROR_CODES)[number];
  readonly detail: string;
  /** The epoch at which it happened, where that is known. */
  readonly epoch: number | null;
}

export interface Transition {
  readonly state: JobState;
  readonly at: number;
  readonly reason: string;
}

/** The values of an epoch, with its number. */
export type NumberedEpoch = Partial<Record<Series, number>> & { readonly epoch?: number };

/** Values of some epochs of a job. */
export interface JobMetrics {
  /** The last one. */
  readonly final: Partial<Record<Series, number>>;
  /** The one whose weights the model has; until there is a model, the lowest so far. */
  readonly best: NumberedEpoch;
  /** The one of the least validation loss, else loss, whatever weights the model has; left out until there is a model. */
  readonly lowest?: NumberedEpoch;
}

/** A job that runs again to see whether it gives the same weights. It makes no model. */
export interface Reproduction {
  /** Id of the model. */
  readonly model: string;
  /** Of the model's weights. */
  readonly sha256: string;
}

export interface Job {
  readonly id: string;
  /** Whose it is. */
  readonly project: string;
  readonly name: string;
  readonly state: JobState;
  readonly spec: ResolvedSpec;
  /** Trainable numbers in the network. */
  readonly parameters: number;
  /** What training needs in memory, computed before it starts. */
  readonly memoryBytes: number;
  /** Class labels in the order of the outputs; empty for regression. */
  readonly classes: readonly string[];
  /** Counts from 1; 0 until it runs. */
  readonly attempt: number;
  /** How often its worker died. */
  readonly crashes: number;
  /** Epochs whose metrics are stored. */
  readonly epochsDone: number;
  /** The newest event's sequence number. */
  readonly lastSeq: number;
  /** Of the epochs stored so far; null before the first. */
  readonly metrics: JobMetrics | null;
  /** What its weights are worth; null until it has succeeded, and for one that an older server ran. */
  readonly score: Score | null;
  readonly error: JobError | null;
  readonly model: {
    readonly id: string;
    readonly name: string;
    readonly version: number;
    readonly sha256: string;
  } | null;
  /** The model that this job trains again to compare, and what its own weights hashed to; null until they are there. */
  readonly reproduces: (Reproduction & { readonly resultSha256: string | null }) | null;
  readonly transitions: readonly Transition[];
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
}

/** One entry of a job's gapless sequence: a change of state, or a chunk of epochs in the binary form of metric.ts. */
export type JobEvent =
  | { readonly seq: number; readonly type: "state"; readonly state: JobState; readonly at: number; readonly reason: string }
  | {
      readonly seq: number;
      readonly type: "metrics";
      readonly from: number;
      readonly to: number;
      /** Null when they are no longer kept. */
      readonly columns: Uint8Array | null;
    };
