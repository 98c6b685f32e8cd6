/** What a thread needs to prepare a sweep, plan its generations and train its trials; and its answers. */
import type { DatasetRows } from "../datasets/dataset.ts";
import type { FieldError } from "../errors.ts";
import type { References } from "../jobs/preparation.ts";
import type { Labels } from "../labels.ts";
import type { Limits } from "../limits.ts";
import type { Note } from "../notes.ts";
import type { TensorSet } from "../tensor.ts";
import type { ResolvedSweepSpec } from "./sweep-spec.ts";
import type { PlannedTrial, Trial, TrialCurve } from "./trial.ts";

/** A sweep read from a request, with everything that depends on the rows of its job. */
export type PreparedSweep =
  | {
      readonly ok: true;
      readonly spec: ResolvedSweepSpec;
      /** The job that trials vary and the space of its parameters, as UTF-8 JSON. */
      readonly source: Uint8Array<ArrayBuffer>;
      readonly chunkTrials: number;
      /** Of the largest network that a single parameter can produce. */
      readonly memoryBytes: number;
      readonly rows: number;
      readonly notes: readonly Note[];
      readonly labels: Labels;
    }
  | { readonly ok: false; readonly code: "malformed" | "invalid"; readonly errors: readonly FieldError[] };

/** A sweep whose job refers to a data set, which must be looked up before preparation can continue. */
export interface SweepDraft {
  readonly ok: false;
  readonly code: "references";
  readonly references: References;
  /** The parsed spec, opaque outside the compute pool. */
  readonly spec: Uint8Array<ArrayBuffer>;
}

/** What trials of a sweep have in common. A thread caches it, so that it is sent once and not with every chunk. */
export interface SweepSource {
  readonly spec: ResolvedSweepSpec;
  readonly source: Uint8Array<ArrayBuffer>;
  /** The columns that the job uses, if its data is a data set. */
  readonly dataset: DatasetRows | null;
}

/** Where the training of one fold resumes. */
export interface FoldState {
  readonly epoch: number;
  readonly tensors: TensorSet;
  /** Schedule, early stopping and the value so far: opaque outside training. */
  readonly progress: unknown;
  readonly curve: TrialCurve;
}

/** Trials to train one after the other, in the same thread. */
export interface TrialsRun {
  readonly sweepId: string;
  readonly generation: number;
  readonly limits: Limits;
  readonly trials: readonly PlannedTrial[];
  /** States of unfinished trials, by number, as far as they are known. */
  readonly states: ReadonlyMap<number, readonly FoldState[]>;
  /** Called when the thread does not know the sweep yet. */
  readonly load: () => Promise<SweepSource>;
}

export interface TrialsObserver {
  /** Called with the results of consecutive trials, a few times a second. Must not reject. */
  onTrials(trials: readonly Trial[], states: ReadonlyMap<number, readonly FoldState[]>): Promise<void>;
  /** Aborting it ends the run within 0.5 s; the running trial has no result. */
  readonly signal: AbortSignal;
}

/** A generation as it is stored: its trials in chunks, each as JSON. */
export interface PlannedGeneration {
  readonly index: number;
  readonly chunks: readonly PlannedChunk[];
  readonly pruned: readonly number[];
}

/** Trials that are run together. `json` is an array of PlannedTrial. */
export interface PlannedChunk {
  readonly size: number;
  readonly json: string;
}

/** The input for planning a generation. */
export interface PlanRequest {
  readonly spec: ResolvedSweepSpec;
  readonly source: Uint8Array<ArrayBuffer>;
  /** Maximum trials in a chunk. */
  readonly chunkTrials: number;
  /** Number of finished trials, and their generation. */
  readonly done: number;
  readonly generation: number;
  /** Pages of their results, as the store reads them; none if the method does not depend on them. */
  readonly results: readonly Uint8Array<ArrayBuffer>[];
}
