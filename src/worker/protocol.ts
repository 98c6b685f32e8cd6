/** The messages between the main thread and the training and compute threads. Types, and the layout of shared memory. */

import type { MessagePort } from "node:worker_threads";
import type { DatasetRows } from "../domain/datasets/dataset.ts";
import type { EncodedColumn } from "../domain/datasets/preprocessing.ts";
import type { Background } from "../domain/explanations/explanation.ts";
import type { InfluenceRequest } from "../domain/explanations/influence.ts";
import type { LearningCurveRequest } from "../domain/explanations/learning-curve.ts";
import type { DependenceRequest } from "../domain/explanations/partial-dependence.ts";
import type { SeedsRequest } from "../domain/explanations/seeds.ts";
import type { NewCheckpoint } from "../domain/jobs/checkpoint.ts";
import type { RowChoice } from "../domain/jobs/job-rows.ts";
import type { PlannedReplay, ReplaySize } from "../domain/jobs/replay.ts";
import type { Limits } from "../domain/limits.ts";
import type { Rows } from "../domain/metrics/downsampling.ts";
import type { MetricChunk } from "../domain/metrics/metric.ts";
import type { Model } from "../domain/models/model.ts";
import type { RowBlock, StreamOptions } from "../domain/models/prediction.ts";
import type { PredictionCounts } from "../domain/monitoring/tally.ts";
import type {
  Draft,
  ExplainedRows,
  MetricPoints,
  MetricsEncoding,
  Resolved,
  ScoredModel,
  TrainingResult,
  TrainingRun,
} from "../domain/ports.ts";
import type { BodyName } from "../domain/request-bodies.ts";
import type { TrialParameters } from "../domain/sweeps/parameter.ts";
import type { RatedBy } from "../domain/sweeps/sweep-importance.ts";
import type { ResolvedSweepSpec } from "../domain/sweeps/sweep-spec.ts";
import type { Trial } from "../domain/sweeps/trial.ts";
import type { FoldState, SweepDraft, SweepSource, TrialsRun } from "../domain/sweeps/trial-run.ts";
import type { TensorSet } from "../domain/tensor.ts";
import type { Beside, RequestName } from "../domain/tracking/read-request.ts";
import type { Invitation } from "../training/run/team.ts";

/**
 * Indices of the int32 cells that both sides of a run share. A training thread never returns to its event loop while it trains,
 * so it gets signals through shared memory.
 */
export const CONTROL = {
  /** 1 to end at once. Set by the main side. */
  cancelled: 0,
  /** Number of chunks that the main side has handled. The thread is notified when it grows, and at a cancel. */
  acknowledged: 1,
  /** Index in STOP_REASONS, counted from 1, to write a checkpoint and end; 0 to continue. Set by the main side. */
  stop: 2,
  /** Number of checkpoints that the main side has handled. Notified like `acknowledged`. */
  stored: 3,
  /** Incremented by the thread as long as it makes progress. */
  heartbeat: 4,
  /** Maximum threads for the run now, if it distributes whole trainings; 0 until it is known. Set by the main side. */
  cores: 5,
} as const;
export const CONTROL_BYTES = Object.keys(CONTROL).length * Int32Array.BYTES_PER_ELEMENT;

/** Why a run is asked to write a checkpoint and end. */
export const STOP_REASONS = ["pause", "stop"] as const;

/** Maximum number of unacknowledged chunks. A thread that has sent more waits. */
export const MAX_PENDING_CHUNKS = 4;

/** A task for a training thread. */
export interface TrainTask {
  readonly run: TrainingRun;
  readonly control: Int32Array<SharedArrayBuffer>;
  /** The port to which the thread posts TrainMessages, in order: the result comes after every chunk. */
  readonly port: MessagePort;
  /** Maximum threads of the run, including this one. */
  readonly threads: number;
  /** See TrainingObserver. */
  readonly takesLast: boolean;
}

/** A message from a training thread. */
export type TrainMessage =
  | { readonly kind: "chunk"; readonly chunk: MetricChunk }
  /** Sent after all chunks of the epochs before it. */
  | { readonly kind: "checkpoint"; readonly checkpoint: NewCheckpoint }
  /** Other threads may join its steps, or its evaluation, after those of the team before were dismissed. */
  | { readonly kind: "team"; readonly invitation: Invitation }
  /** A bug that does not end the run. */
  | { readonly kind: "fault"; readonly error: unknown }
  | { readonly kind: "result"; readonly result: TrainingResult }
  /** A crash of the thread, not the job's fault: another attempt may succeed. `detail` completes "the training thread". */
  | { readonly kind: "crash"; readonly detail: string }
  /** A bug, with the error that training threw. */
  | { readonly kind: "bug"; readonly error: unknown };

/** Trials for a training thread. */
export interface TrialsTask {
  readonly run: Omit<TrialsRun, "load">;
  /** Null if the thread may have the sweep already. */
  readonly source: SweepSource | null;
  readonly limits: Limits;
  readonly control: Int32Array<SharedArrayBuffer>;
  /** The port to which the thread posts TrialsMessages, in order. */
  readonly port: MessagePort;
}

/** A message about trials from a training thread. */
export type TrialsMessage =
  | {
      readonly kind: "trials";
      readonly trials: readonly Trial[];
      readonly states: ReadonlyMap<number, readonly FoldState[]>;
    }
  /** The last message. `missing`: the thread does not know the sweep; send the task again with its source. */
  | { readonly kind: "end"; readonly missing: boolean }
  | { readonly kind: "crash"; readonly detail: string }
  | { readonly kind: "bug"; readonly error: unknown };

/** Tasks for a compute thread. The function of compute-thread.ts with the same name handles each. */
export interface PrepareTask {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly limits: Limits;
}

export interface PrepareDraftTask {
  readonly draft: Draft;
  readonly limits: Limits;
  readonly resolved: Resolved;
}

export interface PrepareSweepTask extends PrepareTask {
  /** Whether to return the source. */
  readonly keepsSource: boolean;
}

export interface PrepareSweepDraftTask {
  readonly draft: SweepDraft;
  readonly limits: Limits;
  readonly resolved: Resolved;
  readonly keepsSource: boolean;
}

export interface JobOfTrialTask {
  readonly source: Uint8Array<ArrayBuffer>;
  readonly spec: ResolvedSweepSpec;
  readonly parameters: TrialParameters;
}

export interface ImportanceTask {
  readonly source: Uint8Array<ArrayBuffer>;
  readonly spec: RatedBy;
  readonly results: readonly Uint8Array<ArrayBuffer>[];
}

/** A task that needs a model. The categories of a model may be megabytes, so it is sent once and not with every task. */
export interface ModelTask {
  /** The key under which threads cache the model. */
  readonly modelKey: string;
  /** Omitted when the thread may have the model already. */
  readonly source?: ModelSource;
  /** Transferred to the thread, and back when the thread lacks the model. */
  readonly block?: RowBlock;
}

export interface ModelSource {
  readonly model: Model;
  readonly weights: TensorSet;
}

export interface PredictRowsTask extends ModelTask {
  readonly instances: readonly unknown[];
}

export interface PredictBlockTask extends ModelTask {
  readonly block: RowBlock;
  readonly options: StreamOptions;
  /** Maximum rows of a document. */
  readonly maxRows: number;
}

export interface ChooseBackgroundTask {
  readonly run: TrainingRun;
  readonly count: number;
  readonly seed: number;
}

export interface EncodeBackgroundTask {
  readonly columns: readonly EncodedColumn[];
  readonly dataset: DatasetRows;
  readonly numbers: Int32Array;
}

/** `background` null: that of the request. */
export interface ExplainTask extends ModelTask {
  readonly rows: ExplainedRows;
  readonly background: Background | null;
}

export interface PartialDependenceTask extends ModelTask {
  readonly request: DependenceRequest;
  readonly background: Background | null;
}

/** A task to evaluate a model. The thread does not keep the model: evaluations and predictions compile different programs. */
export interface EvaluateTask {
  readonly source: ModelSource;
  readonly dataset: DatasetRows;
}

export interface AdmitInfluenceTask {
  readonly run: TrainingRun;
  readonly model: Model;
  readonly request: InfluenceRequest;
}

export interface CompareHeldOutTask {
  readonly a: ScoredModel;
  readonly b: ScoredModel;
}

export interface CompareFreshTask {
  readonly old: Pick<ScoredModel, "model" | "weights"> & { readonly run: TrainingRun | null };
  readonly fresh: Pick<ScoredModel, "model" | "weights" | "run">;
}

export interface CompareOnDatasetTask {
  readonly a: ModelSource;
  readonly b: ModelSource;
  readonly dataset: DatasetRows;
}

export interface AdmitCurveTask {
  readonly run: TrainingRun;
  readonly model: Model;
  readonly request: LearningCurveRequest;
}

export interface AdmitSeedsTask {
  readonly run: TrainingRun;
  readonly model: Model;
  readonly request: SeedsRequest;
}

export interface ReplayTask {
  readonly run: TrainingRun;
  readonly request: PlannedReplay;
}

/** The size of a replay, and the values of its run, which go back: they are read once. */
export interface SizedReplay extends Pick<TrainingRun, "payload" | "dataset"> {
  readonly size: ReplaySize;
}

export interface ReadBodyTask {
  readonly name: BodyName;
  readonly body: Uint8Array;
}

export interface ReadInferMessageTask {
  readonly message: Uint8Array<ArrayBuffer>;
}

export interface EncodeOnnxTask {
  readonly model: Model;
  readonly weights: TensorSet;
}

export interface ReadTrackingTask {
  readonly name: RequestName;
  readonly body: Uint8Array;
  readonly beside: Beside;
}

export interface ShowRowsTask {
  readonly run: TrainingRun;
  readonly choice: RowChoice;
}

/** The result of a task, or `missing`: send the task again with the model, and with the returned block if there was one. */
export type WithModel<Result> =
  | { readonly missing: true; readonly block: RowBlock | undefined }
  | {
      readonly missing: false;
      readonly result: Result;
      /** The thread's counts of the model's predictions since its last reply. */
      readonly counted?: PredictionCounts;
    };

export interface EncodeTask {
  readonly head: string;
  readonly from: number;
  readonly to: number;
  readonly columns: Uint8Array<ArrayBuffer>;
}

export interface ReadModelTask {
  readonly file: Uint8Array<ArrayBuffer>;
  readonly architecture: string | undefined;
  readonly limits: Limits;
}

export interface EncodeMetricsTask {
  readonly chunks: readonly MetricChunk[];
  readonly encoding: MetricsEncoding;
}

export interface DownsampleTask {
  readonly chunks: readonly Rows[];
  readonly from: number;
  readonly to: number;
  readonly points: number;
  /** Points of the preceding epochs, which come first in the result. */
  readonly earlier: MetricPoints | null;
}

/** The state in the cell that an assistant thread shares with the thread that started it: whether it has a run. */
export const ASSISTANT = { busy: 0, idle: 1, ended: 2 } as const;

/** What an assistant gets for a run. The run is over when the other side closes the port. */
export interface AssistantTask {
  readonly run: TrainingRun;
  readonly port: MessagePort;
  /** Its first cell counts the assistant's messages. */
  readonly counter: Int32Array<SharedArrayBuffer>;
}

/** Its messages: a training and its number, or null when it cannot continue. */
export type AssistantMessage = { readonly number: number; readonly trained: unknown } | null;
