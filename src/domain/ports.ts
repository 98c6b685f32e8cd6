/** What the use cases in jobs/ need from the world, as interfaces. main.ts decides what stands behind each. */

import type { KeyStore } from "./access/api-key.ts";
import type { IdempotencyKeys } from "./access/idempotency.ts";
import type { ColumnValues, Dataset, DatasetDocument, DatasetFormat, DatasetRows, DatasetSummary } from "./datasets/dataset.ts";
import type { IngestedTable } from "./datasets/upload.ts";
import type { ErrorCode, FieldError } from "./errors.ts";
import type { CheckpointState, Checkpoints, NewCheckpoint } from "./jobs/checkpoint.ts";
import type { Job, JobError, JobEvent, JobMetrics, JobState, Reproduction } from "./jobs/job.ts";
import type { ShownRows } from "./jobs/job-rows.ts";
import type { Draft, Prepared, Resolved } from "./jobs/preparation.ts";
import type { QueueOrder } from "./jobs/queue-order.ts";
import type { ProjectLimits } from "./limits.ts";
import type { Rows } from "./metrics/downsampling.ts";
import type { MetricChunk } from "./metrics/metric.ts";
import type { Evaluation, PartEvaluation } from "./models/evaluation.ts";
import type { Model, NewModel, Prediction } from "./models/model.ts";
import type { BlockReply, RowBlock, StreamOptions } from "./models/prediction.ts";
import type { ModelRef, TagChanges } from "./models/registry.ts";
import type { Sweeping } from "./operation/retention.ts";
import type { StoreHealth } from "./operation/store-health.ts";
import type { Outbox } from "./operation/webhook.ts";
import type { Workers } from "./operation/worker.ts";
import type { Page, PageRequest } from "./page.ts";
import type { ResolvedSpec } from "./spec/spec.ts";
import type { TensorSet } from "./tensor.ts";

export type { Draft, Prepared, References, ReferredModel, Resolved } from "./jobs/preparation.ts";
export type { TransitionRequest } from "./jobs/queue-order.ts";
export type { Page, PageRequest } from "./page.ts";

export interface ModelFilter {
  readonly name?: string | undefined;
}

export interface JobFilter {
  readonly state?: JobState | undefined;
  readonly name?: string | undefined;
}

/** What submit stores: the job and its bulk, in one transaction. */
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
  /** Limits of its project: insertJob throws rate_limited or conflict beyond them. */
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

export interface NewDataset extends IngestedTable {
  readonly id: string;
  readonly name: string;
  readonly format: DatasetFormat;
  readonly sha256: string;
  readonly bytes: number;
  readonly createdAt: number;
  /** Limits of its project: insertDataset throws too_large beyond them. */
  readonly within?: Pick<ProjectLimits, "datasetBytes">;
}

/** For those who watch the server. */
export interface JobCounts {
  readonly states: Readonly<Partial<Record<JobState, number>>>;
  /** When the job was submitted that has been queued for longest; null when none is. */
  readonly oldestQueuedAt: number | null;
}

/**
 * The database. Every method that changes a job's state or metrics appends to the job's one gapless sequence of events in
 * the same transaction. Methods that answer null do so for an unknown id.
 *
 * This one is the server's: by id and in lists it has the records of every project; what it inserts, and names that it is
 * asked for, are those of the project `default`.
 */
export interface Store extends Sweeping, Outbox, IdempotencyKeys, KeyStore, Checkpoints, QueueOrder, Workers {
  insertJob(job: NewJob): Promise<Job>;
  getJob(id: string): Promise<Job | null>;
  /** Newest first. */
  listJobs(filter: JobFilter, page: PageRequest): Promise<Page<Job>>;
  readPayload(jobId: string): Promise<TensorSet | null>;
  /**
   * Appends a chunk that starts right after the job's `epochsDone`, with its event, and returns the event's sequence number.
   * The job's `metrics` are those of its newest and of its best epoch from then on.
   * Null, and nothing is stored, when the job is not running, pausing or cancelling in this attempt.
   */
  appendMetrics(id: string, attempt: number, chunk: MetricChunk): Promise<number | null>;
  /** Ends a running, pausing or cancelling job in this attempt, with its model if it has one, in one transaction. Null when it is not so. */
  finishJob(id: string, attempt: number, at: number, reason: string, outcome: Outcome): Promise<Job | null>;
  /** Deletes a job in a terminal state with its events, metrics, checkpoints and payload; its model stays. False when it is unknown or not terminal. */
  deleteJob(id: string): Promise<boolean>;
  /** Events with a sequence number above `after`, in order, at most `limit` of them and about `maxBytes` of columns (at least one). */
  readEvents(jobId: string, after: number, limit: number, maxBytes?: number): Promise<JobEvent[]>;
  /** Metric chunks that overlap epochs `from`..`to`, in order, whole. */
  readMetrics(jobId: string, from: number, to: number): Promise<MetricChunk[]>;
  /** Of epochs `from`..`to`, what thinning by blocks (`isByBlocks`) finds the same epochs in as in all of them. In order, clipped to the range. */
  readMinMax(jobId: string, from: number, to: number): Promise<Rows[]>;
  /** Stores a model that no job of this store made, as the next version of its name. `finishJob` stores those of jobs. Throws conflict beyond `within`. */
  insertModel(model: NewModel, weights: TensorSet, within?: Pick<ProjectLimits, "models">): Promise<Model>;
  getModel(id: string): Promise<Model | null>;
  /** The id of a checkpoint finds what its weights are as a model: under that id and the job's name, of version 0. */
  findModel(ref: ModelRef): Promise<Model | null>;
  /** What `findModel` finds by a reference as it is spelled, where that is at hand without asking; else null. */
  knownModel(ref: string): Model | null;
  /** Newest first. */
  listModels(page: PageRequest, filter?: ModelFilter): Promise<Page<Model>>;
  /** Of a model, or of a checkpoint as a model. */
  readWeights(modelId: string): Promise<TensorSet | null>;
  /** Null for a model that was not trained here. */
  readEvaluation(modelId: string): Promise<Evaluation | null>;
  /** Changes the tags that are named. Null when the model is unknown. */
  tagModel(id: string, changes: TagChanges): Promise<Model | null>;
  /** Points an alias of a name at one of its versions, wherever it pointed before. Null when there is no such version. */
  setAlias(name: string, alias: string, version: number): Promise<Model | null>;
  /** False when there is no such alias. */
  deleteAlias(name: string, alias: string): Promise<boolean>;
  /**
   * Deletes a model, unless an alias points at it: then nothing changes and `aliases` names those that do. The job keeps its
   * record, without the model.
   */
  deleteModel(id: string): Promise<{ readonly deleted: boolean; readonly aliases: readonly string[] }>;
  /**
   * Stores a data set in several transactions of bounded size; it is there for others after the last one. When one of the
   * same hash and format came first, that one is answered, with `created` false, and this one leaves nothing.
   */
  insertDataset(dataset: NewDataset): Promise<DatasetDocument & { readonly created: boolean }>;
  /** The data set of these uploaded bytes and options. */
  findDataset(sha256: string, format: DatasetFormat): Promise<DatasetDocument | null>;
  getDataset(id: string): Promise<Dataset | null>;
  /** The same as `getDataset`, with the columns unparsed. */
  describeDataset(id: string): Promise<DatasetDocument | null>;
  /** Newest first. */
  listDatasets(page: PageRequest): Promise<Page<DatasetSummary>>;
  /** Names of the columns, and the first rows, each an array as JSON text in the order of the columns. */
  readDatasetPreview(id: string): Promise<{ readonly names: readonly string[]; readonly lines: readonly string[] } | null>;
  /**
   * Values of columns by name, whole. Throws not_found for an unknown data set, and for a name that is unknown or is a text
   * column, which has no values.
   */
  readDatasetColumns(id: string, names: readonly string[]): Promise<ReadonlyMap<string, ColumnValues>>;
  /**
   * Deletes a data set, unless a job that has not ended has its id at data.dataset.id: then nothing changes and that job's id
   * is in `usedBy`.
   */
  deleteDataset(id: string): Promise<{ readonly deleted: boolean; readonly usedBy: string | null }>;
  /** Removes what uploads and deletions that never came to their end before `at` have left. Returns how many there were. */
  removeUnfinishedDatasets(at: number): Promise<number>;
  /** The records of a project alone: to this store any other is unknown. */
  ofProject(project: string): ProjectStore;
  /** Of every project. */
  countJobs(): Promise<JobCounts>;
  /** Throws "unavailable" when the database does not answer, or is not healthy. */
  ping(): Promise<void>;
  health(): StoreHealth;
  /** Calls at every change of the health, with the error that made it so. Returns what ends that. */
  onHealth(listener: (health: StoreHealth, cause: unknown) => void): () => void;
  close(): Promise<void>;
}

/**
 * What the server does for every project. Any other method of a Store is a project's, and storage/decorators/project-store.ts says for
 * each that another project's records are not there.
 */
type SystemMethod =
  | "claimJob"
  | "countJobs"
  | "nextRetryAt"
  | "leaseJob"
  | "projectsInTurn"
  | keyof Workers
  | keyof Sweeping
  | "insertCheckpoint"
  | "readCheckpoint"
  | "removeUnfinishedCheckpoints"
  | "appendMetrics"
  | "finishJob"
  | "removeUnfinishedDatasets"
  | "ofProject"
  | "ping"
  | "health"
  | "onHealth"
  | "close";

/** The records of one project. Keys of the API and of idempotency name their project themselves. */
export type ProjectStore = Omit<
  Store,
  SystemMethod | Exclude<keyof Outbox, "listDeliveries"> | keyof IdempotencyKeys | keyof KeyStore
>;

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

/** Work too big for the event loop, done in threads of its own so that it never waits for training. */
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
