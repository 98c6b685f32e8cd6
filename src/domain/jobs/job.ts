/** Jobs: their states, the transitions between states, and the stored record. Times are epoch milliseconds. */

import type { Labels } from "../labels.ts";
import type { Series } from "../metrics/metric.ts";
import type { Score } from "../models/score.ts";
import type { Note } from "../notes.ts";
import type { ResolvedSpec } from "../spec/spec.ts";
import type { Divergence } from "./divergence.ts";

export const JOB_STATES = ["queued", "running", "pausing", "paused", "cancelling", "cancelled", "succeeded", "failed"] as const;
export type JobState = (typeof JOB_STATES)[number];

/**
 * The allowed transitions from each state.
 *
 * @internal Exported for tests, which check every recorded transition against it.
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

/** States in which an attempt owns the job and may write its outcome. */
export const ATTEMPTED_STATES: readonly JobState[] = ["running", "pausing", "cancelling"];

/** Longest backoff before the next attempt of a job whose worker died. */
export const MAX_BACKOFF_MS = 60_000;

/** Whether a state is final. */
export function isTerminal(state: JobState): boolean {
  return TRANSITIONS[state].length === 0;
}

/** Why a job failed. */
export const JOB_ERROR_CODES = ["diverged", "timeout", "worker_died", "interrupted", "internal"] as const;
export interface JobError {
  readonly code: (typeof JOB_ERROR_CODES)[number];
  readonly detail: string;
  /** The epoch of the failure, if known. */
  readonly epoch: number | null;
  /** What replaying a diverged job has shown; left out if nothing was replayed. */
  readonly divergence?: Divergence;
}

export interface Transition {
  readonly state: JobState;
  readonly at: number;
  readonly reason: string;
  /** The span that asked for the change; left out if there is none. */
  readonly traceparent?: string;
}

/** The values of an epoch, with its number. */
export type NumberedEpoch = Partial<Record<Series, number>> & { readonly epoch?: number };

/** The values of some epochs of a job. */
export interface JobMetrics {
  /** The last one. */
  readonly final: Partial<Record<Series, number>>;
  /** The one whose weights the model has; before there is a model, the lowest so far. */
  readonly best: NumberedEpoch;
  /** The one with the least validation loss, else loss, whatever weights the model has; left out until there is a model. */
  readonly lowest?: NumberedEpoch;
}

/** A job that repeats the training of a model to compare the weights. It creates no model. */
export interface Reproduction {
  /** The id of the model. */
  readonly model: string;
  /** SHA-256 of the model's weights. */
  readonly sha256: string;
}

export interface Job extends Labels {
  readonly id: string;
  /** The project that the job belongs to. */
  readonly project: string;
  readonly name: string;
  readonly state: JobState;
  readonly spec: ResolvedSpec;
  /** Number of trainable parameters of the network. */
  readonly parameters: number;
  /** Memory that training needs, computed before it starts. */
  readonly memoryBytes: number;
  /** Class labels in the order of the outputs; empty for regression. */
  readonly classes: readonly string[];
  /** What was guessed, left out or looked wrong in its data when it was submitted. */
  readonly notes: readonly Note[];
  /** The number of the attempt, from 1; 0 until it first runs. */
  readonly attempt: number;
  /** The number of times that its worker died. */
  readonly crashes: number;
  /** The number of epochs whose metrics are stored. */
  readonly epochsDone: number;
  /** The sequence number of the newest event. */
  readonly lastSeq: number;
  /** Metrics of the stored epochs; null before the first. */
  readonly metrics: JobMetrics | null;
  /** The score of its weights; null until it has succeeded, and for a job that an older server ran. */
  readonly score: Score | null;
  readonly error: JobError | null;
  readonly model: {
    readonly id: string;
    readonly name: string;
    readonly version: number;
    readonly sha256: string;
  } | null;
  /** The model that this job reproduces, and the hash of its own weights, which is null until they exist. */
  readonly reproduces: (Reproduction & { readonly resultSha256: string | null }) | null;
  readonly transitions: readonly Transition[];
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
}

/** An event of a job's gapless sequence: a state change, or a chunk of epochs in the binary format of metric.ts. */
export type JobEvent =
  | { readonly seq: number; readonly type: "state"; readonly state: JobState; readonly at: number; readonly reason: string }
  | {
      readonly seq: number;
      readonly type: "metrics";
      readonly from: number;
      readonly to: number;
      /** Null once they are deleted by retention. */
      readonly columns: Uint8Array | null;
    };
