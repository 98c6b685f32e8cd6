/** Trained models: the stored record, and predictions. */

import type { Preprocessing } from "../datasets/preprocessing.ts";
import type { JobMetrics } from "../jobs/job.ts";
import type { Tags } from "../labels.ts";
import type { MonitoringReference } from "../monitoring/reference.ts";
import type { Layer } from "../spec/layers.ts";
import type { Task } from "../spec/spec.ts";
import type { TensorEntry } from "../tensor.ts";
import type { Conformal } from "./conformal.ts";
import type { Receipt } from "./receipt.ts";
import type { Score } from "./score.ts";
import type { SearchResult } from "./search.ts";

export interface Model {
  readonly id: string;
  readonly name: string;
  /** Counted from 1 within the name. The number of a deleted version is not reused. */
  readonly version: number;
  /** Names that point at this version, sorted. */
  readonly aliases: readonly string[];
  readonly tags: Tags;
  /** Null for an imported model. */
  readonly jobId: string | null;
  readonly receipt: Receipt;
  readonly task: Task;
  /** How raw rows become the network's inputs; null if rows are arrays of `inputWidth` numbers without preprocessing. */
  readonly preprocessing: Preprocessing | null;
  /** Number of inputs of the network per row. */
  readonly inputWidth: number;
  /** Number of outputs of the network per row. */
  readonly outputWidth: number;
  /** Class labels in the order of the outputs; empty for regression. */
  readonly classes: readonly string[];
  readonly layers: readonly Layer[];
  /** The function that converts outputs to probabilities. `none` if they already are, and for regression. */
  readonly activation: "none" | "sigmoid" | "softmax";
  /**
   * With two classes: the probability of the second above which a row gets that class. Left out: a half, as for every model of an older
   * server.
   */
  readonly threshold?: number;
  /** For a regression of quantiles: the quantile of each output. Left out for every other model. */
  readonly quantiles?: readonly number[];
  readonly parameters: number;
  /** Names, shapes and order of the weights. */
  readonly weights: readonly TensorEntry[];
  /** SHA-256 of the weights: little-endian float32, contiguous, in the order of `weights`. */
  readonly sha256: string;
  readonly metrics: JobMetrics;
  /** Null or left out for a model that was not trained here, for one of an older server, and for a checkpoint. */
  readonly score?: Score | null;
  /** Left out if no rows were held out, for a model of an older server, and for a checkpoint. */
  readonly conformal?: Conformal;
  /** Left out for a model whose network was given. */
  readonly search?: SearchResult;
  /** The reference for rows to predict. Left out for an imported model, for one of an older server, and for a checkpoint. */
  readonly reference?: MonitoringReference;
  readonly createdAt: number;
}

/** A model to be stored. The store assigns its version. */
export type NewModel = Omit<Model, "version" | "aliases" | "tags">;

/** A prediction of a regression: `value` is a number, or an array if there are several targets. */
export interface RegressionPrediction {
  readonly value: number | number[];
  /** For a model of quantiles: one value each, ascending; `value` is the one nearest to the median. */
  readonly quantiles?: readonly number[];
  /** Bounds of each output, if requested. */
  readonly intervals?: readonly (readonly [number, number])[];
}

/** A class, by its index among the model's, and its probability. */
export interface ClassPrediction {
  readonly place: number;
  readonly label: string;
  readonly probability: number;
  /** Of every class, in the order of the model's. */
  readonly probabilities: readonly number[];
  /** Indexes of the classes that the row may have, if requested. */
  readonly set?: readonly number[];
}

export type Prediction = RegressionPrediction | ClassPrediction;

/** An answer as one number: the index of a class, or the value of the first target. */
export function answerNumber(prediction: Prediction): number {
  if ("place" in prediction) return prediction.place;
  return typeof prediction.value === "number" ? prediction.value : (prediction.value[0] as number);
}

/** A model without its monitoring reference: its predictions are not counted, and no row of it is stored. */
export function unmonitored({ reference: _, ...model }: Model): Model {
  return model;
}
