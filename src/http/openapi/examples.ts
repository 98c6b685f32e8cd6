/** The examples of the OpenAPI document: one job and its model, as every answer shows them. A test holds them to the schemas. */
import { DEFAULT_RUN_OPTIONS } from "../../domain/jobs/run-defaults.ts";

const JOB = "job_0197b2a4-6c3e-7d2f-9a51-3f0c5d7e8b90";
const MODEL = "mdl_0197b2a4-7f01-7a3c-8d11-5b9e2c4f6a70";
const SHA256 = "9f2c1e0b7a5d48c3e6f1029384756abcdef0123456789abcdef0123456789abc";

const layers = [
  { type: "linear", units: 4, bias: true, init: { weight: "kaiming_normal", bias: "default" } },
  { type: "relu" },
  { type: "linear", units: 1, bias: true },
  { type: "sigmoid" },
];

const spec = {
  name: "moons-mlp",
  task: "binary_classification",
  data: { generator: { type: "moons", samples: 200, noise: 0.1, seed: 7 } },
  split: null,
  preprocess: null,
  model: { layers },
  loss: { type: "bce" },
  optimizer: { type: "adam", lr: 0.05, betas: [0.9, 0.999], eps: 1e-8, weight_decay: 0, amsgrad: false },
  scheduler: null,
  clip_grad: null,
  epochs: 1000,
  batch_size: null,
  shuffle: true,
  seed: 42,
  early_stopping: null,
  metrics: ["accuracy"],
  ...DEFAULT_RUN_OPTIONS,
  init_from: null,
};

const metrics = {
  final: { loss: 0.0012, accuracy: 1, lr: 0.05, epoch_ms: 0.016 },
  best: { loss: 0.0012, accuracy: 1, lr: 0.05, epoch_ms: 0.016, epoch: 1000 },
};

const score = {
  part: "train",
  rows: 200,
  metrics: { accuracy: 1, balanced_accuracy: 1, f1: 1, log_loss: 0.0012, roc_auc: 1, pr_auc: 1 },
  baseline: {
    label: "0",
    value: null,
    metrics: { accuracy: 0.5, balanced_accuracy: 0.5, f1: 0.333, log_loss: 0.694, roc_auc: 0.5, pr_auc: 0.5 },
  },
  linear: {
    type: "logistic_regression",
    rows: 200,
    metrics: { accuracy: 0.875, balanced_accuracy: 0.875, f1: 0.875, log_loss: 0.271, roc_auc: 0.953, pr_auc: 0.955 },
    reason: null,
  },
};

const transitions = [
  { state: "queued", at: "2026-05-04T09:30:00.000Z", reason: "submitted" },
  { state: "running", at: "2026-05-04T09:30:00.004Z", reason: "a worker took it" },
  { state: "succeeded", at: "2026-05-04T09:30:00.061Z", reason: "all epochs are done" },
];

const slice = {
  job: JOB,
  from: 1,
  to: 3,
  total: 3,
  returned: 3,
  epochs: [1, 2, 3],
  series: {
    loss: [0.721, 0.655, 0.604],
    accuracy: [0.485, 0.69, 0.775],
    lr: [0.05, 0.05, 0.05],
    epoch_ms: [0.031, 0.017, 0.016],
  },
};

export const jobExample = {
  id: JOB,
  name: "moons-mlp",
  state: "succeeded",
  progress: 1,
  eta_s: null,
  attempt: 1,
  queue: null,
  spec,
  parameters: 17,
  memory_bytes: 48_128,
  epochs_done: 1000,
  created_at: transitions[0]?.at,
  started_at: transitions[1]?.at,
  finished_at: transitions[2]?.at,
  transitions,
  error: null,
  metrics,
  score,
  reproduces: null,
  agrees: null,
  model: { id: MODEL, name: "moons-mlp", version: 1, sha256: SHA256 },
};

export const validationExample = { valid: true, spec, parameters: 17, memory_bytes: 48_128, rows: 200, notes: [] };

export const metricsExample = slice;

export const frameExamples = [
  { type: "state", job: JOB, seq: 2, ...transitions[1] },
  { type: "metrics", seq: 3, ...slice },
  { type: "end", job: JOB, seq: 5, state: "succeeded", reason: "all epochs are done", model: MODEL, error: null },
];

export const checkpointExample = {
  id: "ckp_0197b2a4-6f10-7c55-8e02-1d4f6a8b3c20",
  job: JOB,
  attempt: 1,
  epoch: 400,
  step: 0,
  reason: "interval",
  is_best: true,
  bytes: 204,
  sha256: SHA256,
  created_at: transitions[1]?.at,
};

export const modelExample = {
  id: MODEL,
  name: "moons-mlp",
  version: 1,
  aliases: ["production"],
  tags: { stage: "reviewed" },
  job: JOB,
  task: "binary_classification",
  input_width: 2,
  inputs: [
    { name: "0", type: "number", categories: null, usual: null, spread: null },
    { name: "1", type: "number", categories: null, usual: null, spread: null },
  ],
  targets: [],
  output_width: 1,
  classes: ["0", "1"],
  threshold: 0.5,
  quantiles: null,
  conformal: { part: "validation", rows: 60 },
  layers,
  parameters: 17,
  weights: [
    { name: "0.weight", shape: [4, 2] },
    { name: "0.bias", shape: [4] },
    { name: "2.weight", shape: [1, 4] },
    { name: "2.bias", shape: [1] },
  ],
  sha256: SHA256,
  receipt: {
    data: { source: "generator", sha256: SHA256 },
    spec_sha256: SHA256,
    engine_version: "1",
    weights_sha256: SHA256,
  },
  metrics,
  score,
  search: null,
  evaluation: null,
  created_at: transitions[2]?.at,
};

export const rowsExample = {
  job: jobExample.id,
  total: 200,
  returned: 2,
  parts: ["train", "validation"],
  features: [
    { name: "0", values: [0.98, 0.04] },
    { name: "1", values: [0.21, 0.47] },
  ],
  targets: [{ name: "target", values: ["0", "1"] }],
};

export const predictionsExample = {
  predictions: [{ label: "1", probability: 0.97, probabilities: { "0": 0.03, "1": 0.97 } }],
};
