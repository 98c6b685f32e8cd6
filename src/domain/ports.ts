/** What the use cases need from the world besides the store, as interfaces. main.ts decides what stands behind each. */

import type { DatasetRows } from "./datasets/dataset.ts";
import type { ErrorCode, FieldError } from "./errors.ts";
import type { CheckpointState, NewCheckpoint } from "./jobs/checkpoint.ts";
import type { Job, JobMetrics } from "./jobs/job.ts";
import type { ShownRows } from "./jobs/job-rows.ts";
import type { Outcome } from "./jobs/job-store.ts";
import type { Draft, Prepared, Resolved } from "./jobs/preparation.ts";
import type { Rows } from "./metrics/downsampling.ts";
import type { MetricChunk } from "./metrics/metric.ts";
import type { Evaluation, PartEvaluation } from "./models/evaluation.ts";
import type { Model, NewModel, Prediction } from "./models/model.ts";
import type { BlockReply, RowBlock, StreamOptions } from "./models/prediction.ts";
import type { TensorSet } from "./tensor.ts";

export type { Draft, Prepared, References, ReferredModel, Resolved } from "./jobs/preparation.ts";

/** That a job's sequence has grown, or that the job was deleted. */
export type JobHint =
  /** `seq`: how far it goes at least, where whoever tells knows it. */
  | { readonly jobId: string; readonly removed: false; readonly seq?: number | undefined }
  /** `project`: whose it was, since nobody can look it up any more. */
  | { readonly jobId: string; readonly removed: true; readonly project: string };

/** Hints about jobs. Readers re-read by sequence number: a lost or doubled hint does no harm. */
export interface Bus {
  /** The job's sequence has grown, up to `seq` at least, which readers in this process hear too. */
  publish(jobId: string, seq?: number): void;
  /** The job was deleted. */
  publishRemoved(jobId: string, project: string): void;
  /** Wakes at every hint about one job, with its `seq` if it has one. Returns an unsubscribe function. */
  subscribe(jobId: string, wake: (seq: number | undefined) => void): () => void;
  /** Every hint about every job. Returns what ends the subscription. */
  subscribeAll(listen: (hint: JobHint) => void): () => void;
}

export interface TrainingRun {
  readonly job: Pick<Job, "id" | "spec" | "classes" | "parameters" | "attempt" | "epochsDone">;
  readonly payload: TensorSet | null;
  /** The columns that the job uses, where its data is a data set. */
  readonly dataset: DatasetRows | null;
  /** Where to go on from; null is the start. */
  readonly checkpoint: CheckpointState | null;
}

export interface TrainingObserver {
  /** Called with consecutive chunks. Training waits when a few of them are still pending. */
  onEpochs(chunk: MetricChunk): Promise<void>;
  /** Called in order with the chunks: every epoch that ended before the checkpoint was handed on before it. */
  onCheckpoint(checkpoint: NewCheckpoint): Promise<void>;
  /** Aborting it cancels the run within 0.5 s; the outcome is then `cancelled`. */
  readonly signal: AbortSignal;
  /** Aborting it has the run write a checkpoint and end with the outcome `stopped`. Its reason is that of the checkpoint: "pause", or else "stop". */
  readonly stop: AbortSignal;
}

/** What the training thread answers: the outcome, with the model still without id, name and time. */
export type TrainingResult =
  | Exclude<Outcome, { state: "succeeded" }>
  /** It was asked to stop, and its last checkpoint is where it stopped. */
  | { readonly state: "stopped"; readonly metrics: JobMetrics | null }
  | {
      readonly state: "succeeded";
      readonly reason: string;
      readonly metrics: JobMetrics;
      readonly model: TrainedModel;
      readonly weights: TensorSet;
      readonly evaluation: Evaluation | null;
    };

export type TrainedModel = Omit<NewModel, "id" | "name" | "jobId" | "createdAt" | "metrics">;

/** Threads that train, one job each. */
export interface TrainingPool {
  readonly size: number;
  /** Rejects only when the thread died. */
  train(run: TrainingRun, observer: TrainingObserver): Promise<TrainingResult>;
  /** Ends the threads; what still trains on them rejects. */
  close(): Promise<void>;
}

/** Why rows were refused: which row, and what is wrong with it. */
export type PredictionResult =
  | { readonly ok: true; readonly predictions: readonly Prediction[] }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

/** Scores of a model on a data set, or why it has none. */
export type DatasetEvaluation =
  | { readonly ok: true; readonly evaluation: PartEvaluation }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

/**
 * Predictions, by three entrances to the same arithmetic. Whoever calls has checked what was asked for (`assertPredictable`).
 * `load` reads the weights of the model; it is called when whoever predicts does not have the model, and what it throws is
 * passed on.
 */
export interface Predict {
  /** Few rows of a small model that was used a moment ago: in this turn of the event loop. Null where that cannot be. */
  now(model: Model, instances: readonly unknown[]): PredictionResult | null;
  /** Rows that are parsed: on the event loop when they are few, and in a thread when they are many. */
  rows(model: Model, instances: readonly unknown[], load: () => Promise<TensorSet>): Promise<PredictionResult>;
  /** The next block of a stream, bytes in and bytes out: parsed, predicted and encoded in a thread. Takes the block over. */
  stream(model: Model, block: RowBlock, options: StreamOptions, load: () => Promise<TensorSet>): Promise<BlockReply>;
}

/**
 * Work too big for the event loop, done in threads of its own so that it never waits for training. Each task has a limit of time
 * and of memory: it throws `invalid` or `too_large` when it exceeds one, and its thread is replaced.
 */
export interface ComputePool {
  /** Parses and validates a job body, UTF-8 JSON, and describes its rows. Takes the body over. */
  prepare(body: Uint8Array<ArrayBuffer>): Promise<Prepared | Draft>;
  /** Goes on with a draft, once what it refers to was read. Takes both over. */
  prepareDraft(draft: Draft, resolved: Resolved): Promise<Prepared>;
  readonly predict: Predict;
  /** Evaluates a model on a data set in a thread. Takes the values of the columns over. */
  evaluate(model: Model, dataset: DatasetRows, load: () => Promise<TensorSet>): Promise<DatasetEvaluation>;
  /** Some rows of a job's data, at most `limit`. Takes the run's values over. */
  showRows(run: TrainingRun, limit: number): Promise<ShownRows>;
  /** Forgets a deleted model. */
  forget(modelId: string): void;
  /**
   * A JSON object as UTF-8: the members of `head`, an object that is JSON already, then a stored chunk's `epochs` and `series`.
   * Takes `columns` over: they may be empty afterwards.
   */
  encodeColumns(head: string, from: number, to: number, columns: Uint8Array): Promise<Uint8Array>;
  /**
   * Reduces chunks to at most about `points` epochs (chooseEpochs). With `earlier`, the points of the epochs before, they are put
   * first. Takes the chunks over.
   */
  downsampleMetrics(
    chunks: readonly Rows[],
    from: number,
    to: number,
    points: number,
    earlier?: MetricPoints | null,
  ): Promise<MetricPoints>;
  /** A stretch of a metrics file. Takes the chunks over. */
  encodeMetrics(chunks: readonly MetricChunk[], encoding: MetricsEncoding): Promise<Uint8Array>;
  /** The model in a safetensors file from anybody. `architecture`: JSON text that stands in for the file's own. Takes the file over. */
  readModelFile(file: Uint8Array<ArrayBuffer>, architecture: string | undefined): Promise<ModelReading>;
  /** The same threads as one project has them: projects take turns. */
  ofProject(project: string): ComputePool;
  /** Ends the threads; what still runs on them rejects. */
  close(): Promise<void>;
}

/** Columns of chosen epochs, ready for the wire: the JSON text `"epochs":[...],"series":{...}`, without braces around, as UTF-8. */
export interface MetricPoints {
  readonly returned: number;
  readonly json: Uint8Array;
}

/** What a file of weights came to. Without a `detail`, the errors say it all. */
export type ModelReading =
  | { readonly ok: true; readonly model: TrainedModel; readonly weights: TensorSet; readonly name?: string | null }
  | { readonly ok: false; readonly code: ErrorCode; readonly detail: string; readonly errors: readonly FieldError[] };

/** What the chunks of a metrics file become. `isFirst`: the bytes that begin the file come before them. */
export type MetricsEncoding =
  | { readonly format: "csv"; readonly isFirst: boolean; readonly from: number; readonly to: number }
  /** `startedAtMs`: when the first of these epochs began. */
  | { readonly format: "tensorboard"; readonly isFirst: boolean; readonly startedAtMs: number };
