/** The jobs that are interrupted: what a job can be made of, each a second or two of training, with many checkpoints. */
import type { JobSpec } from "../../src/client/answers.ts";

const data: JobSpec["data"] = { generator: { type: "moons", samples: 300, noise: 0.1, seed: 7 } };
const checkpoint = { every_epochs: 24, min_seconds: 0, every_seconds: 1, keep: 2 };
const regular: Extract<JobSpec["model"], { layers: unknown }>["layers"] = [
  { type: "linear", units: 12 },
  { type: "batch_norm" },
  { type: "relu" },
  { type: "dropout", p: 0.2 },
  { type: "linear" },
];

/** By name. */
export const SPECS: Readonly<Record<string, JobSpec>> = {
  "batches-adam-dropout": {
    data,
    split: { validation: 0.2 },
    model: { layers: regular },
    optimizer: { type: "adam", lr: 0.01 },
    scheduler: { type: "cosine_annealing_lr", t_max: 1000 },
    clip_grad: { type: "norm", max_norm: 1 },
    batch_size: 32,
    epochs: 3000,
    checkpoint,
  },
  "batches-plateau-tail": {
    data,
    split: { validation: 0.25 },
    model: { layers: [{ type: "linear", units: 24 }, { type: "tanh" }, { type: "linear" }] },
    optimizer: { type: "rmsprop", lr: 0.001, momentum: 0.9, centered: true },
    scheduler: { type: "reduce_lr_on_plateau", patience: 50 },
    batch_size: 50,
    epochs: 2500,
    priority: 2,
    checkpoint,
  },
  "full-early-stopping": {
    data,
    split: { validation: 0.2 },
    model: {
      layers: [
        { type: "linear", units: 64 },
        { type: "tanh" },
        { type: "linear", units: 64 },
        { type: "tanh" },
        { type: "linear" },
      ],
    },
    optimizer: { type: "sgd", lr: 0.05, momentum: 0.9, nesterov: true },
    early_stopping: { patience: 500, monitor: "val_loss", restore_best: true },
    batch_size: null,
    epochs: 2000,
    checkpoint,
  },
  // Its checkpoints are megabytes: many a kill comes while one is written.
  "wide-adamw": {
    data,
    model: {
      layers: [
        { type: "linear", units: 512 },
        { type: "relu" },
        { type: "linear", units: 512 },
        { type: "relu" },
        { type: "linear" },
      ],
    },
    optimizer: { type: "adamw", lr: 0.001 },
    batch_size: 64,
    epochs: 24,
    priority: -1,
    checkpoint: { ...checkpoint, every_epochs: 3 },
  },
};
