/** Records for the contract suites and the tests of the use cases. */

import { createId } from "../../src/domain/id.ts";
import type { NewCheckpoint } from "../../src/domain/jobs/checkpoint.ts";
import type { Job } from "../../src/domain/jobs/job.ts";
import type { NewJob, Outcome } from "../../src/domain/jobs/job-store.ts";
import { DEFAULT_RUN_OPTIONS } from "../../src/domain/jobs/run-defaults.ts";
import type { MetricChunk } from "../../src/domain/metrics/metric.ts";
import type { Evaluation } from "../../src/domain/models/evaluation.ts";
import type { Model } from "../../src/domain/models/model.ts";
import { NO_RECEIPT } from "../../src/domain/models/receipt.ts";
import type { Score } from "../../src/domain/models/score.ts";
import type { ResolvedSpec } from "../../src/domain/spec/spec.ts";
import { packTensors, type TensorSet } from "../../src/domain/tensor.ts";

export function aSpec(name = "moons", epochs = 1000): ResolvedSpec {
  return {
    name,
    task: "binary_classification",
    data: { generator: { type: "moons", samples: 200, noise: 0.1, seed: 7 } },
    split: null,
    preprocess: null,
    model: { layers: [{ type: "linear", units: 1, bias: true }, { type: "sigmoid" }] },
    loss: { type: "bce" },
    optimizer: { type: "sgd", lr: 0.1, momentum: 0, dampening: 0, nesterov: false, weight_decay: 0 },
    scheduler: null,
    clip_grad: null,
    epochs,
    batch_size: null,
    shuffle: true,
    seed: 0,
    early_stopping: null,
    metrics: ["accuracy"],
    ...DEFAULT_RUN_OPTIONS,
    max_seconds: 60,
    init_from: null,
  };
}

export function aNewJob(options: { name?: string; epochs?: number; payload?: TensorSet } = {}): NewJob {
  return {
    id: createId("job"),
    spec: aSpec(options.name, options.epochs),
    parameters: 3,
    memoryBytes: 4096,
    classes: ["0", "1"],
    payload: options.payload ?? null,
    createdAt: Date.now(),
  };
}

/** A loss that encodes its epoch, so that a lost, repeated or swapped epoch is noticed. */
export const lossOf = (epoch: number): number => 1 / epoch;

export function aChunk(from: number, to: number): MetricChunk {
  const epochs = Array.from({ length: to - from + 1 }, (_, index) => from + index);
  return {
    from,
    to,
    series: {
      loss: Float64Array.from(epochs, lossOf),
      accuracy: Float64Array.from(epochs, (epoch) => (epoch % 10) / 10),
      lr: new Float64Array(epochs.length).fill(0.1),
    },
  };
}

/** The label looks like a number that JSON cannot express. */
const aScore: Score = {
  part: "validation",
  rows: 40,
  metrics: { accuracy: 0.875, balanced_accuracy: 0.75, f1: 0.75, log_loss: 0.25, roc_auc: null, pr_auc: null },
  baseline: {
    label: "NaN",
    value: null,
    metrics: { accuracy: 0.5, balanced_accuracy: 0.5, f1: 0.25, log_loss: 0.6875, roc_auc: 0.5, pr_auc: 0.5 },
  },
  linear: { type: "logistic_regression", rows: null, metrics: null, reason: "2000 columns are more than 1024" },
};

export function aModel(jobId: string): Model {
  return {
    id: createId("model"),
    name: "moons",
    version: 1,
    aliases: [],
    tags: {},
    jobId,
    receipt: NO_RECEIPT,
    task: "binary_classification",
    preprocessing: null,
    inputWidth: 2,
    outputWidth: 1,
    classes: ["0", "1"],
    layers: [{ type: "linear", units: 1, bias: true }, { type: "sigmoid" }],
    activation: "none",
    parameters: 3,
    weights: someWeights().entries,
    sha256: "ab".repeat(32),
    metrics: { final: { loss: 0.25 }, best: { loss: 0.125, epoch: 7 } },
    score: aScore,
    createdAt: Date.now(),
  };
}

export function someWeights(): TensorSet {
  return packTensors([
    { name: "0.weight", shape: [1, 2], values: [1.5, -2.5] },
    { name: "0.bias", shape: [1], values: [0.5] },
  ]);
}

/** A checkpoint at an epoch: the weights of `aModel`, followed by a slot of the optimiser. */
export function aCheckpoint(overrides: Partial<NewCheckpoint> = {}): NewCheckpoint {
  const {
    id: _id,
    name: _name,
    jobId: _jobId,
    createdAt: _createdAt,
    metrics: _metrics,
    score: _score,
    ...model
  } = aModel("job_none");
  const tensors = packTensors([
    { name: "0.weight", shape: [1, 2], values: [1.5, -2.5] },
    { name: "0.bias", shape: [1], values: [0.5] },
    { name: "momentum/0.bias", shape: [1], values: [9] },
  ]);
  return { epoch: 1, step: 0, tensors, progress: "{}", reason: "interval", isBest: false, model, ...overrides };
}

const anEvaluation: Evaluation = {
  train: { rows: 160, mae: 0.25, rmse: 0.5, r2: 0.75, mape: null, residuals: { actual: [1, 2], predicted: [1.5, null] } },
  validation: { rows: 40, mae: 0.5, rmse: 1, r2: -1, mape: 2, residuals: null },
  test: null,
  importance: { part: "validation", metric: "r2", rows: 40, repeats: 5, columns: [{ column: "0", mean: 0.5, sd: 0.125 }] },
};

export function aSuccess(jobId: string): Extract<Outcome, { state: "succeeded" }> {
  const model = aModel(jobId);
  return {
    state: "succeeded",
    reason: "training finished",
    metrics: model.metrics,
    model,
    weights: someWeights(),
    evaluation: anEvaluation,
  };
}

/** Values that are all different, so that a misplaced chunk is noticed. */
export function largeTensors(bytes: number): TensorSet {
  return packTensors([{ name: "features", shape: [bytes / 4], values: Float32Array.from({ length: bytes / 4 }, (_, i) => i) }]);
}

/** A job in its first attempt, as a runner gives it to a thread. */
export function aJob(name = "moons", epochs = 1000): Job {
  const { payload: _, ...job } = aNewJob({ name, epochs });
  return {
    ...job,
    project: "default",
    name,
    state: "running",
    attempt: 1,
    crashes: 0,
    epochsDone: 0,
    lastSeq: 2,
    metrics: null,
    score: null,
    notes: [],
    error: null,
    model: null,
    reproduces: null,
    tags: {},
    note: null,
    transitions: [],
    startedAt: job.createdAt,
    finishedAt: null,
  };
}
