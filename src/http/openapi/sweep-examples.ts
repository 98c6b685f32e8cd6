/** The examples of sweeps and trials in the OpenAPI document. A test holds them to the schemas. */
import { IMPORTANCE_MEASURE } from "../../domain/sweeps/importance.ts";
import { jobExample } from "./examples.ts";

const SWEEP = "swp_0197b2a4-8b12-7e5f-8c43-1a6d0f3b9e21";

export const sweepExample = {
  id: SWEEP,
  name: "moons",
  state: "running",
  spec: {
    name: "moons",
    job: { ...jobExample.spec, split: { validation: 0.2, test: 0, stratify: false } },
    parameters: { "/optimizer/lr": { min: 0.0001, max: 0.3, scale: "log", integer: false, step: null } },
    method: { type: "random" },
    objective: { metric: "val_loss", goal: null },
    folds: null,
    trials: 1000,
    max_seconds: null,
    seed: 0,
    promote: "best",
  },
  progress: {
    done: 400,
    total: 1000,
    succeeded: 399,
    pruned: 0,
    failed: 1,
    generation: 0,
    best: { number: 41, value: 0.0512 },
  },
  trials_per_second: 812.4,
  eta_s: 0.7,
  reproducible: true,
  job: null,
  error: null,
  memory_bytes: 131_072,
  transitions: [
    { state: "queued", at: "2026-07-01T12:00:00.000Z", reason: "submitted" },
    { state: "running", at: "2026-07-01T12:00:00.020Z", reason: "a worker took its first trials" },
  ],
  created_at: "2026-07-01T12:00:00.000Z",
  started_at: "2026-07-01T12:00:00.020Z",
  finished_at: null,
  tags: { team: "a" },
  note: null,
};

export const trialExample = {
  number: 41,
  generation: 0,
  parameters: { "/optimizer/lr": 0.0231 },
  state: "succeeded",
  reason: null,
  value: 0.0512,
  projected_value: null,
  fold_values: null,
  epochs: 1000,
  seconds: 0.004,
  sha256: "9f2c1e0b7a5d48c3e6f1029384756abcdef0123456789abcdef0123456789abc",
  curve: { epochs: [1, 500, 1000], values: [0.69, 0.12, 0.0512] },
};

export const importanceExample = {
  measure: IMPORTANCE_MEASURE.name,
  source: IMPORTANCE_MEASURE.source,
  trials: 400,
  data: [
    { pointer: "/optimizer/lr", importance: 0.83 },
    { pointer: "/model/layers/0/units", importance: 0.17 },
  ],
};
