/** A trained model: what the store keeps of it, and what a prediction is. */

import type { Preprocessing } from "../datasets/preprocessing.ts";
import type { JobMetrics } from "../jobs/job.ts";
import type { Layer } from "../spec/layers.ts";
import type { Task } from "../spec/spec.ts";
import type { TensorEntry } from "../tensor.ts";
import type { Receipt } from "./receipt.ts";
import type { Tags } from "./registry.ts";
import type { Score } from "./score.ts";

export interface Model {
  readonly id: string;
  readonly name: string;
  /** Counts from 1 within the name. A number is given once: a deleted version's is not given again. */
  readonly version: number;
  /** Names that point at this version, sorted. */
  readonly aliases: readonly string[];
  readonly tags: Tags;
  /** Null: it was imported. */
  readonly jobId: string | null;
  readonly receipt: Receipt;
  readonly task: Task;
  /** How raw rows become the network's inputs; null: rows are arrays of `inputWidth` numbers, taken as they are. */
  readonly preprocessing: Preprocessing | null;
  /** Numbers that the network takes for a row. */
  readonly inputWidth: number;
  /** Numbers that the network returns for a row. */
  readonly outputWidth: number;
  /** Class labels in the order of the outputs; empty for regression. */
  readonly classes: readonly string[];
  readonly layers: readonly Layer[];
  /** What turns the network's output into probabilities. `none` where it is one already, and for regression. */
  readonly activation: "none" | "sigmoid" | "softmax";
  readonly parameters: number;
  /** Names, shapes and order of the weights. */
  readonly weights: readonly TensorEntry[];
  /** Of the weights: float32 little-endian, one tensor after another in the order of `weights`. */
  readonly sha256: string;
  readonly metrics: JobMetrics;
  /** Null or left out for a model that was not trained here, for one of an older server, and for a checkpoint. */
  readonly score?: Score | null;
  readonly createdAt: number;
}

/** A model that is about to be stored, which gives it its version. */
export type NewModel = Omit<Model, "version" | "aliases" | "tags">;

/** `value` of a regression: a number, or an array where the network has several outputs. */
export interface RegressionPrediction {
  readonly value: number | number[];
}

export interface ClassPrediction {
  readonly label: string;
  readonly probability: number;
  /** By label. */
  readonly probabilities: Readonly<Record<string, number>>;
}

export type Prediction = RegressionPrediction | ClassPrediction;
