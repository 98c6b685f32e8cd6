/** The interfaces of the use cases to everything but the store. server/ chooses the implementations. */

import type { DatasetRows } from "./datasets/dataset.ts";
import type { EncodedColumn } from "./datasets/preprocessing.ts";
import type { ErrorCode, FieldError } from "./errors.ts";
import type { Background, ChosenBackground, ExplainRequest } from "./explanations/explanation.ts";
import type { AdmittedInfluence, InfluenceRequest } from "./explanations/influence.ts";
import type { AdmittedCurve, LearningCurveRequest } from "./explanations/learning-curve.ts";
import type { DependenceRequest } from "./explanations/partial-dependence.ts";
import type { AdmittedSeeds, SeedSpread, SeedsRequest } from "./explanations/seeds.ts";
import type { CheckpointState, NewCheckpoint } from "./jobs/checkpoint.ts";
import type { Job, JobMetrics, JobState } from "./jobs/job.ts";
import type { RowChoice, ShownRows } from "./jobs/job-rows.ts";
import type { Outcome } from "./jobs/job-store.ts";
import type { Draft, Prepared, Resolved } from "./jobs/preparation.ts";
import type { PlannedReplay, Replay, ReplaySize } from "./jobs/replay.ts";
import type { Rows } from "./metrics/downsampling.ts";
import type { MetricChunk } from "./metrics/metric.ts";
import type { ModelCardFacts } from "./model-card/facts.ts";
import type { AnswerOptions } from "./models/answer-options.ts";
import type { Evaluation, PartEvaluation } from "./models/evaluation.ts";
import type { Model, NewModel, Prediction } from "./models/model.ts";
import type { BlockReply, RowBlock, StreamOptions } from "./models/prediction.ts";
import type { Remark } from "./models/remarks.ts";
import type { FreshComparisonResult, ScoreComparisonResult } from "./models/score-comparison.ts";
import type { AskedRow } from "./monitoring/asked-rows.ts";
import type { PredictionCounts } from "./monitoring/tally.ts";
import type { RoutedRequest } from "./protocols/routed-request.ts";
import type { BodyName, RequestBody } from "./request-bodies.ts";
import type { TrialParameters } from "./sweeps/parameter.ts";
import type { RatedBy, SweepImportance } from "./sweeps/sweep-importance.ts";
import type { ResolvedSweepSpec } from "./sweeps/sweep-spec.ts";
import type {
  PlannedGeneration,
  PlanRequest,
  PreparedSweep,
  SweepDraft,
  TrialsObserver,
  TrialsRun,
} from "./sweeps/trial-run.ts";
import type { TensorSet } from "./tensor.ts";
import type { Request } from "./tracking/messages.ts";
import type { Beside, RequestName } from "./tracking/read-request.ts";

export type { Draft, Prepared, References, ReferredModel, Resolved } from "./jobs/preparation.ts";

/** A hint that a job has new events or was deleted. */
export type JobHint =
  /** `seq`: the last sequence number is at least this, if the sender knows it. */
  | { readonly jobId: string; readonly removed: false; readonly seq?: number | undefined }
  /** `project`: the project of the job, which can no longer be looked up. */
  | { readonly jobId: string; readonly removed: true; readonly project: string };

/** Publishes hints about jobs. Readers read events by sequence number, so lost or repeated hints do no harm. */
export interface Bus {
  /** Publishes that a job has new events, up to at least `seq`. Also notifies the readers in this process. */
  publish(jobId: string, seq?: number): void;
  /** Publishes that a job was deleted. */
  publishRemoved(jobId: string, project: string): void;
  /** Calls `wake` for every hint about one job, with its `seq` if there is one. Returns an unsubscribe function. */
  subscribe(jobId: string, wake: (seq: number | undefined) => void): () => void;
  /** Calls `listen` for every hint about every job. Returns an unsubscribe function. */
  subscribeAll(listen: (hint: JobHint) => void): () => void;
}

export interface TrainingRun {
  readonly job: Pick<Job, "id" | "spec" | "classes" | "parameters" | "attempt" | "epochsDone">;
  readonly payload: TensorSet | null;
  /** The columns that the job uses, if its data is a data set. */
  readonly dataset: DatasetRows | null;
  /** The checkpoint to resume from; null to start from the beginning. */
  readonly checkpoint: CheckpointState | null;
}

/** A model whose rows are known: with the run of its job. */
export interface ScoredModel {
  readonly model: Model;
  readonly weights: TensorSet;
  readonly run: TrainingRun;
  /** The results of other seeds; null if nobody has asked. */
  readonly seeds: SeedSpread | null;
}

export interface TrainingObserver {
  /** Whether the last epochs of a short run may come with its result. Left out: they are reported like all others. */
  readonly takesLast?: boolean;
  /** Called with consecutive chunks. Training waits while a few of them are pending. */
  onEpochs(chunk: MetricChunk): Promise<void>;
  /** Called in order with the chunks: every epoch before the checkpoint has already been reported. */
  onCheckpoint(checkpoint: NewCheckpoint): Promise<void>;
  /** Aborting it cancels the run within 0.5 s, with the outcome `cancelled`. */
  readonly signal: AbortSignal;
  /**
   * Aborting it makes the run write a checkpoint and end with the outcome `stopped`. The abort reason is the reason of the
   * checkpoint: "pause", or otherwise "stop".
   */
  readonly stop: AbortSignal;
}

/** The result from the training thread: the outcome, with a model that has no id, name or time yet. */
export type TrainingResult =
  | Exclude<Outcome, { state: "succeeded" }>
  /** The run was asked to stop, and stopped at its last checkpoint. */
  | { readonly state: "stopped"; readonly metrics: JobMetrics | null }
  | {
      readonly state: "succeeded";
      readonly reason: string;
      readonly metrics: JobMetrics;
      readonly model: TrainedModel;
      readonly weights: TensorSet;
      readonly evaluation: Evaluation | null;
      /** Epochs that were not reported; only if the observer accepts them. */
      readonly last?: MetricChunk;
    };

export type TrainedModel = Omit<NewModel, "id" | "name" | "jobId" | "createdAt" | "metrics">;

/** A pool of training threads, one job each. */
export interface TrainingPool {
  readonly size: number;
  /** Trains a job. Rejects only if the thread dies. */
  train(run: TrainingRun, observer: TrainingObserver): Promise<TrainingResult>;
  /** Trains trials of a sweep. Resolves when the last of them was reported, or the run was cancelled. Rejects only if the thread dies. */
  runTrials(run: TrialsRun, observer: TrialsObserver): Promise<void>;
  /** Plans the next generation of a sweep; null if there is none. Rejects if the thread dies. */
  planGeneration(request: PlanRequest): Promise<PlannedGeneration | null>;
  /** Ends the threads; pending training rejects. */
  close(): Promise<void>;
}

/** Predictions and remarks on odd rows, or the errors of invalid rows. */
export type PredictionResult =
  | { readonly ok: true; readonly predictions: readonly Prediction[]; readonly remarks: readonly Remark[] }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

/** The evaluation of a model on a data set, or why it cannot be evaluated. */
export type DatasetEvaluation =
  | { readonly ok: true; readonly evaluation: PartEvaluation }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

/** The JSON of an answer as UTF-8, or the errors of invalid rows. */
export type EncodedAnswer =
  | { readonly ok: true; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

/** Rows to predict and to explain. */
export interface ExplainedRows {
  readonly instances: readonly unknown[];
  readonly options: AnswerOptions;
  readonly explain: ExplainRequest;
}

/**
 * Predictions, with three methods for the same arithmetic. The caller must check the request first (`assertPredictable`).
 * `load` reads the weights of the model. It is called if the predictor does not have the model; its errors are passed on.
 */
export interface Predict {
  /** Predicts a few rows of a small, recently used model synchronously. Null if that is not possible. */
  now(model: Model, instances: readonly unknown[]): PredictionResult | null;
  /** Predicts parsed rows: on the event loop if they are few, otherwise in a thread. */
  rows(model: Model, instances: readonly unknown[], load: () => Promise<TensorSet>): Promise<PredictionResult>;
  /** Parses, predicts and encodes the next block of a stream in a thread. Transfers the block. */
  stream(model: Model, block: RowBlock, options: StreamOptions, load: () => Promise<TensorSet>): Promise<BlockReply>;
}

/** The counts of the rows that a model predicted. */
export interface CountedModel extends PredictionCounts {
  readonly modelId: string;
  /** Rows that were drawn for its sample. */
  readonly sampled: readonly AskedRow[];
}

/** The counts of predictions of monitored models in this process, until they are taken. They are lost when the process is killed. */
export interface CountedPredictions {
  /** Whether there are any counts. */
  readonly isOn: boolean;
  /** Returns the counts since the last call, and resets them. */
  take(): readonly CountedModel[];
  /** Sets whether rows of a model are drawn for its sample from now on. */
  sample(modelId: string, isWanted: boolean): void;
  /** Sets the only listener, which is called when a model has the rows of a window. It may be called again until the counts are taken. */
  onWindow(listener: () => void): void;
}

/** The bytes of a file, end to end. */
export interface EncodedFile {
  readonly size: number;
  readonly pieces: readonly Uint8Array[];
}

/**
 * Threads for work that is too long for the event loop, separate from training so that they never wait for it. Each task has a
 * limit of time and of memory: it throws `invalid` or `too_large` when it exceeds one, and its thread is replaced.
 */
export interface ComputePool {
  /** Parses and validates a job body in UTF-8 JSON, and describes its rows. Transfers the body. */
  prepare(body: Uint8Array<ArrayBuffer>): Promise<Prepared | Draft>;
  /** Prepares a draft with its resolved references. Transfers both. */
  prepareDraft(draft: Draft, resolved: Resolved): Promise<Prepared>;
  /**
   * Parses and validates the body of a sweep, and describes the rows of its job. Transfers the body. Without `keepsSource`, the source that
   * comes back is empty: it may be as long as the body.
   */
  prepareSweep(body: Uint8Array<ArrayBuffer>, keepsSource: boolean): Promise<PreparedSweep | SweepDraft>;
  /** Prepares the draft of a sweep with its resolved references, likewise. Transfers both. */
  prepareSweepDraft(draft: SweepDraft, resolved: Resolved, keepsSource: boolean): Promise<PreparedSweep>;
  /** Returns the body of the job that a trial is, as UTF-8 JSON. Transfers the source. */
  jobOfTrial(
    source: Uint8Array<ArrayBuffer>,
    spec: ResolvedSweepSpec,
    parameters: TrialParameters,
  ): Promise<Uint8Array<ArrayBuffer>>;
  /** Returns the importance of a sweep's parameters by pages of its results. Transfers the source and the pages. */
  importance(
    source: Uint8Array<ArrayBuffer>,
    spec: RatedBy,
    results: readonly Uint8Array<ArrayBuffer>[],
  ): Promise<SweepImportance>;
  readonly predict: Predict;
  /** Counts of every project's models. */
  readonly counted: CountedPredictions;
  /** Chooses background rows of a job's data in a thread. Transfers the run's values. */
  chooseBackground(run: TrainingRun, count: number, seed: number): Promise<ChosenBackground>;
  /** Encodes rows of some columns of a data set in a thread. Transfers the values. */
  encodeBackground(columns: readonly EncodedColumn[], dataset: DatasetRows, numbers: Int32Array): Promise<Background>;
  /**
   * Predicts rows with their explanations in a thread; the caller must check the request first (`assertExplainable`). `background` null:
   * that of the request.
   */
  explain(
    model: Model,
    rows: ExplainedRows,
    background: Background | null,
    load: () => Promise<TensorSet>,
  ): Promise<EncodedAnswer>;
  /** Computes partial dependence in a thread. `background` null: that of the request. */
  partialDependence(
    model: Model,
    request: DependenceRequest,
    background: Background | null,
    load: () => Promise<TensorSet>,
  ): Promise<EncodedAnswer>;
  /** Evaluates a model on a data set in a thread. Transfers the values of the columns. */
  evaluate(model: Model, dataset: DatasetRows, load: () => Promise<TensorSet>): Promise<DatasetEvaluation>;
  /** Compares two models on the rows that both jobs held out, in a thread. Transfers the values of both runs. */
  compareHeldOut(a: ScoredModel, b: ScoredModel): Promise<ScoreComparisonResult>;
  /**
   * Compares an old model with a new one, in a thread, on the rows that the new one's job held out and that trained neither. `run` of the
   * old one is null if its rows are gone. Transfers the values of both runs.
   */
  compareFresh(
    old: Pick<ScoredModel, "model" | "weights"> & { readonly run: TrainingRun | null },
    fresh: Pick<ScoredModel, "model" | "weights" | "run">,
  ): Promise<FreshComparisonResult>;
  /** Compares two models on every row of a data set in a thread. Transfers the values of the columns. */
  compareOnDataset(
    a: Pick<ScoredModel, "model" | "weights">,
    b: Pick<ScoredModel, "model" | "weights">,
    dataset: DatasetRows,
  ): Promise<ScoreComparisonResult>;
  /** Returns rows of a job's data; fewer than requested if row numbers do not exist. Transfers the run's values. */
  showRows(run: TrainingRun, choice: RowChoice): Promise<ShownRows>;
  /**
   * Checks a request for the rows behind a prediction, in a thread. The run needs the columns that split its data set, and the weight
   * column. Transfers the run's values.
   */
  admitInfluence(run: TrainingRun, model: Model, request: InfluenceRequest): Promise<AdmittedInfluence>;
  /** Checks a request for a learning curve, in a thread. The run needs the columns that split its data set. Transfers the run's values. */
  admitLearningCurve(run: TrainingRun, model: Model, request: LearningCurveRequest): Promise<AdmittedCurve>;
  /** Checks a request for other seeds, in a thread. The run needs the columns that split its data set. Transfers the run's values. */
  admitSeeds(run: TrainingRun, model: Model, request: SeedsRequest): Promise<AdmittedSeeds>;
  /** Computes how a job's epochs are divided into steps. Transfers the run's values. */
  replaySize(run: TrainingRun): Promise<ReplaySize & { readonly run: TrainingRun }>;
  /** Replays a step of a job from the checkpoint of the run, in a thread; it takes `multiplyAdds`. Transfers the run's values. */
  replay(run: TrainingRun, request: PlannedReplay, multiplyAdds: number): Promise<Replay>;
  /** Multiply-adds of predicting one row with the network of a model. Uses no thread. */
  multiplyAdds(model: Model): number;
  /** Drops a deleted model from the caches. */
  forget(modelId: string): void;
  /**
   * Encodes a JSON object in UTF-8: the members of the JSON object `head`, then the `epochs` and `series` of a stored chunk.
   * Transfers `columns`, which may be empty afterwards.
   */
  encodeColumns(head: string, from: number, to: number, columns: Uint8Array): Promise<Uint8Array>;
  /**
   * Downsamples chunks to about `points` epochs (chooseEpochs). `earlier`, the points of earlier epochs, are put first. Transfers
   * the chunks.
   */
  downsampleMetrics(
    chunks: readonly Rows[],
    from: number,
    to: number,
    points: number,
    earlier?: MetricPoints | null,
  ): Promise<MetricPoints>;
  /** Encodes a part of a metrics file. Transfers the chunks. */
  encodeMetrics(chunks: readonly MetricChunk[], encoding: MetricsEncoding): Promise<Uint8Array>;
  /** Writes a model card: HTML in UTF-8. */
  encodeModelCard(facts: ModelCardFacts): Promise<Uint8Array>;
  /** Reads the model in an untrusted safetensors file. `architecture` is JSON text that replaces the file's own. Transfers the file. */
  readModelFile(file: Uint8Array<ArrayBuffer>, architecture: string | undefined): Promise<ModelReading>;
  /** Encodes a model as an ONNX file, in pieces. Transfers the weights. Throws invalid for a model that the format cannot express. */
  encodeOnnx(model: Model, weights: TensorSet): Promise<EncodedFile>;
  /** Decodes a `ModelInferRequest` of gRPC that is too long for the event loop. Transfers it. Throws malformed, too_large and invalid. */
  readInferMessage(message: Uint8Array<ArrayBuffer>): Promise<RoutedRequest>;
  /** Parses a body that is too long for the event loop (parseRequestBody). Transfers it. */
  readBody<Name extends BodyName>(name: Name, body: Uint8Array<ArrayBuffer>): Promise<RequestBody<Name>>;
  /** Parses a request of a tracking client that is too large for the event loop (readTrackingRequest). Transfers the body. */
  readTracking(name: RequestName, body: Uint8Array<ArrayBuffer>, beside: Beside): Promise<Request<RequestName>>;
  /** Returns the same threads for one project: projects share them fairly. */
  ofProject(project: string): ComputePool;
  /**
   * Returns the same threads for work that can be dropped: when the signal aborts, queued work is dropped, and work that still runs a
   * second later is ended. Both reject with the signal's reason. Background rows are drawn nevertheless, because other requests may wait
   * for them.
   */
  until(signal: AbortSignal): ComputePool;
  /** Ends the threads; pending work rejects. */
  close(): Promise<void>;
}

/** Columns of chosen epochs in the wire format: the JSON text `"epochs":[...],"series":{...}` in UTF-8, without outer braces. */
export interface MetricPoints {
  readonly returned: number;
  readonly json: Uint8Array;
}

/** The model of an imported file, or why it was rejected. `detail` may be empty; then `errors` has everything. */
export type ModelReading =
  | { readonly ok: true; readonly model: TrainedModel; readonly weights: TensorSet; readonly name?: string | null }
  | { readonly ok: false; readonly code: ErrorCode; readonly detail: string; readonly errors: readonly FieldError[] };

/** The format of a metrics file. `isFirst`: the header of the file precedes the chunks. */
export type MetricsEncoding =
  | { readonly format: "csv"; readonly isFirst: boolean; readonly from: number; readonly to: number }
  /** `startedAtMs`: when the job first ran; `changes`: its state changes; `ranMs`: how long it had trained before the first of these epochs. */
  | {
      readonly format: "tensorboard";
      readonly isFirst: boolean;
      readonly startedAtMs: number;
      readonly changes: readonly { readonly state: JobState; readonly atMs: number }[];
      readonly ranMs: number;
    };
