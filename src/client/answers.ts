/** What goes to the API and what it answers, as types. A test holds them to the server's schemas. */
import type { z } from "zod";
import type { newKeyBody, Scope } from "../domain/access/api-key.ts";
import type { Column, DatasetFormat } from "../domain/datasets/dataset.ts";
import type { CheckpointReason } from "../domain/jobs/checkpoint.ts";
import type { JobError, JobState } from "../domain/jobs/job.ts";
import type { ShownRows } from "../domain/jobs/job-rows.ts";
import type { Series, WireColumns, WireNumber } from "../domain/metrics/metric.ts";
import type { Evaluation } from "../domain/models/evaluation.ts";
import type { ClassPrediction } from "../domain/models/model.ts";
import type { ModelInput } from "../domain/models/model-inputs.ts";
import type { Note } from "../domain/notes.ts";
import type { Layer } from "../domain/spec/layers.ts";
import type { jobSpec, ResolvedSpec, Task } from "../domain/spec/spec.ts";

/** A job as one writes it: everything with a default may be left out. */
export type JobSpec = z.input<typeof jobSpec>;

/** Values of the last epoch and of the best one. */
export interface JobMetrics {
  final: Partial<Record<Series, WireNumber>>;
  best: Partial<Record<Series | "epoch", WireNumber>>;
}

/** Why a job failed, and at which epoch where that is known. */
export interface JobFault {
  code: JobError["code"];
  detail: string;
  epoch: number | null;
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
  /** The model that it trains again to compare. */
  reproduces: { model: string; sha256: string; result_sha256: string | null } | null;
  agrees: boolean | null;
  transitions: { state: JobState; at: string; reason: string }[];
  error: JobFault | null;
  metrics: JobMetrics | null;
  model: { id: string; name: string; version: number; sha256: string } | null;
}

/** What a spec comes to. */
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
export interface JobRows extends ShownRows {
  job: string;
}

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
  /** Columns that it predicts; empty where they have no names. */
  targets: string[];
  output_width: number;
  classes: string[];
  layers: Layer[];
  parameters: number;
  weights: { name: string; shape: number[] }[];
  sha256: string;
  /** Hashes of what it was made of. */
  receipt: {
    data: { source: "generator" | "inline" | "dataset"; sha256: string } | null;
    spec_sha256: string | null;
    engine_version: string | null;
    weights_sha256: string;
  };
  metrics: JobMetrics;
  /** Null in lists, and for a model that was not trained here. */
  evaluation: Evaluation | null;
  created_at: string;
}

export interface Page<T> {
  data: T[];
  has_more: boolean;
  next_after: string | null;
}

/** Which page of a list. */
export interface PageQuery {
  /** The `next_after` of the page before. */
  readonly after?: string;
  readonly limit?: number;
}

/** A state of training from which a job can go on, and which can predict. */
export interface Checkpoint {
  id: string;
  job: string;
  attempt: number;
  epoch: number;
  /** Steps done of the next epoch; 0 between epochs. */
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

/** An uploaded table, its columns, and what is known of each. */
export interface Dataset extends DatasetSummary {
  columns: Column[];
}

/** The first rows of a data set: values in the order of the columns, null where missing. */
export interface DatasetPreview {
  columns: string[];
  rows: (string | number | boolean | null)[][];
}

/** What a key is made of. */
export type NewKey = z.input<typeof newKeyBody>;

/** The record of an API key, which is not in it. */
export interface Key {
  id: string;
  project: string;
  name: string;
  /** How the key begins. */
  prefix: string;
  scopes: Scope[];
  created_at: string;
  expires_at: string | null;
  last_used_at: string | null;
  revoked_at: string | null;
}

/** A new key with its record. It is shown this once. */
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

export interface StateFrame {
  type: "state";
  seq: number;
  job: string;
  state: JobState;
  at: string;
  reason: string;
}

export interface MetricsFrame extends WireColumns {
  type: "metrics";
  seq: number;
  job: string;
  from: number;
  to: number;
  total: number;
  returned: number;
}

export interface EndFrame {
  type: "end";
  seq: number;
  job: string;
  state: JobState;
  reason: string;
  model: string | null;
  error: JobFault | null;
}

/** What a stream sends. */
export type Frame = StateFrame | MetricsFrame | EndFrame;

export interface EventPage {
  data: (StateFrame | MetricsFrame)[];
  has_more: boolean;
  next_after: number;
}

export interface RegressionAnswer {
  value: WireNumber | WireNumber[];
}

/** Classes and how likely they are; with `topK`, `top` has the most probable ones, most probable first. */
export interface ClassAnswer extends ClassPrediction {
  top?: { label: string; probability: number }[] | undefined;
}

export type PredictionAnswer = RegressionAnswer | ClassAnswer;

/** A number that two models have, at a place. */
export interface NumberPair {
  pointer: string;
  a: number;
  b: number;
  /** b - a. */
  difference: number;
}

/** A place where two models differ. */
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

/** A backup that was received and takes the database's place. */
export interface Restoration {
  readonly bytes: number;
  readonly sha256: string;
}
