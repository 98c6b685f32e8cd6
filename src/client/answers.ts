/** The types of the API's requests and answers. A test compares them with the server's schemas. */
import type { z } from "zod";
import type { newKeyBody, Scope } from "../domain/access/api-key.ts";
import type { auditBody } from "../domain/datasets/audit-request.ts";
import type { correctionsBody } from "../domain/datasets/corrections.ts";
import type { Column, DatasetFormat } from "../domain/datasets/dataset.ts";
import type { TableReading } from "../domain/datasets/table-reading.ts";
import type { CheckpointReason } from "../domain/jobs/checkpoint.ts";
import type { Divergence } from "../domain/jobs/divergence.ts";
import type { JobError, JobState } from "../domain/jobs/job.ts";
import type { ShownRows } from "../domain/jobs/job-rows.ts";
import type { Series, WireColumns, WireNumber } from "../domain/metrics/metric.ts";
import type { Evaluation } from "../domain/models/evaluation.ts";
import type { ModelInput } from "../domain/models/model-inputs.ts";
import type { Score } from "../domain/models/score.ts";
import type { SearchAnswer as Search } from "../domain/models/search.ts";
import type { Note } from "../domain/notes.ts";
import type { Layer } from "../domain/spec/layers.ts";
import type { jobSpec, ResolvedSpec, Task } from "../domain/spec/spec.ts";

/** A job spec as it is submitted: fields with a default may be left out, and `"mse"` stands for `{type: "mse"}`. */
export type JobSpec = Fields<z.input<typeof jobSpec>>;
type Fields<T> = { [Field in keyof T]: Short<T[Field]> };
/** A value in which an object that needs only its type may be written as the type. */
type Short<T> = T extends { type: infer Type extends string }
  ? ({ type: Type } extends T ? Type : never) | Fields<T>
  : T extends object
    ? Fields<T>
    : T;

/** The values of an epoch, with its number. */
export type NumberedEpoch = Partial<Record<Series | "epoch", WireNumber>>;

/** Values of some epochs of a job. */
export interface JobMetrics {
  /** The last one. */
  final: Partial<Record<Series, WireNumber>>;
  /** The one whose weights the model has; before there is a model, the lowest so far. */
  best: NumberedEpoch;
  /** The one with the least validation loss, else loss; left out until there is a model. */
  lowest?: NumberedEpoch | undefined;
}

/** Why a job failed, and at which epoch if that is known. */
export interface JobFault {
  code: JobError["code"];
  detail: string;
  epoch: number | null;
  /** For a job that diverged: the first failure, and a learning rate that survives. */
  divergence?: Divergence | undefined;
}

/** A training job. Times are ISO 8601. */
export interface Job {
  id: string;
  name: string;
  state: JobState;
  /** 0..1. */
  progress: number;
  eta_s: number | null;
  attempt: number;
  queue: { position: number; jobs_ahead: number } | null;
  spec: ResolvedSpec;
  parameters: number;
  memory_bytes: number;
  epochs_done: number;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  /** The model whose training it repeats, to compare the weights. */
  reproduces: { model: string; sha256: string; result_sha256: string | null } | null;
  agrees: boolean | null;
  transitions: { state: JobState; at: string; reason: string }[];
  error: JobFault | null;
  metrics: JobMetrics | null;
  /** The score of its model on held-out rows; null until it has succeeded. */
  score: Score | null;
  model: { id: string; name: string; version: number; sha256: string } | null;
  /** The labels by which it is found. */
  tags: Record<string, string>;
  note: string | null;
  /** What was guessed, left out or looked wrong with its data when it was submitted; left out in lists and streams. */
  notes?: Note[] | undefined;
}

/** A valid spec with every default filled in, its size, and the rows of its data. */
export interface Validation {
  valid: true;
  spec: ResolvedSpec;
  parameters: number;
  memory_bytes: number;
  rows: number;
  notes: Note[];
}

/** A job that was just queued, with what was guessed, left out or looks wrong with its data. */
export interface SubmittedJob extends Job {
  notes: Note[];
}

/** Some rows of a job's data, as columns. */
export type JobRows = ShownRows & { job: string };

/** A trained or imported model. Times are ISO 8601. */
export interface Model {
  id: string;
  name: string;
  /** Counts from 1 within the name. */
  version: number;
  aliases: string[];
  tags: Record<string, string>;
  /** Null when it was imported. */
  job: string | null;
  task: Task;
  input_width: number;
  /** Null in lists. */
  inputs: ModelInput[] | null;
  /** The columns that it predicts; empty where they have no names. */
  targets: string[];
  output_width: number;
  classes: string[];
  /** With two classes: the threshold of the second one's probability; else null. */
  threshold: number | null;
  /** For a regression of quantiles: the quantile of each output. */
  quantiles: number[] | null;
  /** The held-out rows that intervals come from; null if there are none. */
  conformal: { part: "out_of_fold" | "validation" | "test"; rows: number } | null;
  layers: Layer[];
  parameters: number;
  weights: { name: string; shape: number[] }[];
  sha256: string;
  /** SHA-256 of its inputs, in hex. */
  receipt: {
    data: { source: "generator" | "inline" | "dataset"; sha256: string } | null;
    spec_sha256: string | null;
    engine_version: string | null;
    weights_sha256: string;
  };
  metrics: JobMetrics;
  /** Its score on held-out rows; null for a model that was not trained here. */
  score: Score | null;
  /** The candidates and the composition of the model; null if its network was given. */
  search: Search | null;
  /** Null in lists, and for a model that was not trained here. */
  evaluation: Evaluation | null;
  created_at: string;
}

/** One page of a list. */
export interface Page<T> {
  data: T[];
  has_more: boolean;
  /** `after` of the next page; null on the last one. */
  next_after: string | null;
}

/** A request for a page of a list. */
export interface PageQuery {
  /** `next_after` of the page before; null or left out for the first page. */
  readonly after?: string | null | undefined;
  /** Maximum items of the page, 1..200. */
  readonly limit?: number;
}

/** A stored state of training: a job can resume from it, and it can predict. */
export interface Checkpoint {
  id: string;
  job: string;
  attempt: number;
  epoch: number;
  /** Completed steps of the next epoch; 0 between epochs. */
  step: number;
  reason: CheckpointReason;
  is_best: boolean;
  bytes: number;
  sha256: string;
  created_at: string;
}

/** A data set without its columns. */
export interface DatasetSummary {
  id: string;
  name: string;
  format: DatasetFormat;
  sha256: string;
  /** Of the uploaded file. */
  bytes: number;
  rows: number;
  column_count: number;
  created_at: string;
}

/** An uploaded table with its columns and the statistics of each. */
export interface Dataset extends DatasetSummary {
  columns: Column[];
  /** How the table was read; null if that was not recorded. */
  reading: TableReading | null;
  notes: Note[];
}

/** Which labels to audit, and how. */
export type AuditRequest = z.input<typeof auditBody>;
/** Corrected cells of a column. */
export type Corrections = z.input<typeof correctionsBody>;

export type { Forget, ForgetRequest, PlannedForget } from "./forget-answers.ts";

/** The first rows of a data set: values in the order of the columns, null if missing. */
export interface DatasetPreview {
  columns: string[];
  rows: (string | number | boolean | null)[][];
}

/** Some rows of a data set, by column: numbers, labels as text, times as ISO 8601; null if missing. */
export interface DatasetSample {
  /** Rows of the data set. */
  total: number;
  returned: number;
  columns: { name: string; values: (string | number | null)[] }[];
}

/** The request for an API key. */
export type NewKey = z.input<typeof newKeyBody>;

/** The record of an API key, without the key itself. */
export interface Key {
  id: string;
  project: string;
  name: string;
  /** The key's first characters. */
  prefix: string;
  scopes: Scope[];
  created_at: string;
  expires_at: string | null;
  last_used_at: string | null;
  revoked_at: string | null;
}

/** A new key with its record. No later answer contains the key. */
export interface CreatedKey extends Key {
  key: string;
}

/** Metrics by epoch, as columns. */
export interface Metrics extends WireColumns {
  job: string;
  from: number;
  to: number;
  total: number;
  returned: number;
}

/** A job changed its state. */
export interface StateFrame {
  type: "state";
  seq: number;
  job: string;
  state: JobState;
  at: string;
  reason: string;
}

/** Metrics of the epochs `from`..`to`, both included, as columns. */
export interface MetricsFrame extends WireColumns {
  type: "metrics";
  seq: number;
  job: string;
  from: number;
  to: number;
  total: number;
  returned: number;
}

/** The last frame of a stream. */
export interface EndFrame {
  type: "end";
  seq: number;
  job: string;
  state: JobState;
  reason: string;
  model: string | null;
  error: JobFault | null;
}

/** A message of a job's stream. `seq` counts from 1; a stream resumes after any of them. */
export type Frame = StateFrame | MetricsFrame | EndFrame;

/** A page of a job's events, oldest first. */
export interface EventPage {
  data: (StateFrame | MetricsFrame)[];
  has_more: boolean;
  next_after: number;
}

/** A predicted number, or one for each target. */
export interface RegressionAnswer {
  value: WireNumber | WireNumber[];
  /** For a model of quantiles: each value by its name, such as "0.05". */
  quantiles?: Record<string, WireNumber> | undefined;
  /** With `interval`: from and to; a list of such pairs where there are several outputs. */
  interval?: [WireNumber, WireNumber] | [WireNumber, WireNumber][] | undefined;
  explanation?: Explanation | undefined;
}

/**
 * A predicted class and the probability of each, 0..1; with `topK`, `top` has the most probable ones, most probable first. The
 * answer lists `probabilities` in the order of the model's classes; an object of JavaScript lists whole numbers first.
 */
export interface ClassAnswer {
  /** A number where the target is a column of numbers. */
  label: string | number;
  probability: number;
  /** With `interval`: the classes that the row may be of, in the order of the model's. */
  set?: (string | number)[] | undefined;
  probabilities: Record<string, number>;
  top?: { label: string | number; probability: number }[] | undefined;
  explanation?: Explanation | undefined;
}

/** Numbers that stand for those of a prediction with the same names: of a regression `value` (and `quantiles`), of classes `probabilities`. */
export interface ExplainedNumbers {
  value?: WireNumber | WireNumber[] | undefined;
  quantiles?: Record<string, WireNumber> | undefined;
  probabilities?: Record<string, number | null> | undefined;
}

/** By how much each column moves a prediction from the base; base and contributions add up to it. */
export interface Explanation {
  /** The mean prediction over the background rows. */
  base: ExplainedNumbers;
  exact: boolean;
  /** Where it is not exact: the orders of columns that were averaged. */
  permutations?: number | undefined;
  /** In the order of the model's columns. */
  contributions: Contribution[];
}

/** The Shapley value of one column, with its standard error where it is estimated. */
export interface Contribution extends ExplainedNumbers {
  column: string;
  standard_error?: ExplainedNumbers | undefined;
}

/** How a model's answers depend on its columns. */
export interface PartialDependence {
  model: string;
  /** How many background rows there were. */
  background: number;
  columns: ColumnDependence[];
}

/** The mean answer over the background rows at values of one column, and that of each row that was sent. */
export interface ColumnDependence {
  column: string;
  type: ModelInput["type"];
  values: (number | string)[];
  mean: ExplainedNumbers[];
  rows?: ExplainedNumbers[][] | undefined;
}

/** The prediction for one row. */
export type PredictionAnswer = RegressionAnswer | ClassAnswer;

/** A number that both models have, by JSON pointer. */
export interface NumberPair {
  pointer: string;
  a: number;
  b: number;
  /** b - a. */
  difference: number;
}

/** A JSON pointer at which two models differ; a side that has nothing there is left out. */
export interface Difference {
  pointer: string;
  a?: unknown;
  b?: unknown;
}

/** Two models side by side. */
export interface Comparison {
  a: { id: string; name: string; version: number };
  b: { id: string; name: string; version: number };
  metrics: NumberPair[];
  evaluation: NumberPair[];
  spec: Difference[] | null;
  architecture: Difference[];
}

/** A backup that the server received and puts in place of its database. */
export interface Restoration {
  readonly bytes: number;
  readonly sha256: string;
}

/** A step of a job's training again. */
export type { Replay, ReplayAsk, TensorFigures } from "../domain/jobs/replay.ts";
/** Two models on the same rows. */
export type { ComparedScores } from "../domain/models/score-comparison.ts";
