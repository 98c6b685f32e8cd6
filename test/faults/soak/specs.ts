/** What is trained in a soak. The same spec comes to the same weights each time, whatever died on the way. */
import type { JobSpec } from "../../../src/client/answers.ts";
import type { SweepSpec } from "../../../src/client/sweeps.ts";
import { SPECS } from "../specs.ts";

/** A thread dies every few seconds: no job may give up for that. */
const MAX_RETRIES = 20;

const moons = { generator: { type: "moons", samples: 200, noise: 0.1, seed: 7 } } as const;

const logistic = (seed: number): JobSpec => ({
  data: moons,
  model: { layers: [{ type: "linear" }, { type: "sigmoid" }] },
  optimizer: { type: "adam", lr: 0.1 },
  epochs: 1000,
  seed,
});

const wide = SPECS["wide-adamw"] as JobSpec;

/** By name. */
export const JOBS: Readonly<Record<string, JobSpec>> = Object.fromEntries(
  Object.entries<JobSpec>({
    ...SPECS,
    ...Object.fromEntries([1, 2, 3, 4, 5, 6].map((seed) => [`logistic-${seed}`, logistic(seed)])),
    "wide-two-threads": { ...wide, threads: 2 },
    "wide-one-thread": { ...wide, threads: 1 },
    search: { data: moons, model: { auto: { trials: 4, folds: 2 } } },
  }).map(([name, spec]) => [name, { ...spec, name, max_retries: MAX_RETRIES }]),
);

/** Of different spec, equal weights: how many threads a job has changes no bit. */
export const EQUAL: readonly (readonly string[])[] = [["wide-adamw", "wide-two-threads", "wide-one-thread"]];

const sweep = (name: string, method: SweepSpec["method"]): SweepSpec => ({
  name,
  job: {
    name,
    data: moons,
    split: { validation: 0.25 },
    model: { layers: [{ type: "linear", units: 4 }, { type: "tanh" }, { type: "linear" }] },
    epochs: 500,
    max_retries: MAX_RETRIES,
  },
  parameters: { "/optimizer/lr": { min: 0.001, max: 0.3, scale: "log" }, "/seed": { min: 0, max: 99, integer: true } },
  method,
  trials: 60,
});

/** By name. */
export const SWEEPS: Readonly<Record<string, SweepSpec>> = Object.fromEntries(
  [
    sweep("random", { type: "random" }),
    sweep("tpe", { type: "tpe", startup_trials: 10 }),
    sweep("halving", { type: "halving", factor: 3, min_epochs: 50 }),
  ].map((spec) => [spec.name as string, spec]),
);

const ROWS = 2000;

/** A table as CSV; another one for each number. */
export function tableOf(number: number): string {
  const rows = Array.from({ length: ROWS }, (_, row) => `${row},${Math.sin(row + number)},${row % 3 === 0 ? "a" : "b"}`);
  return `x,y,label\n${rows.join("\n")}\n`;
}

/** A job on such a table. */
export const onTable = (dataset: string): JobSpec => ({
  name: "table",
  data: { dataset: { id: dataset, target: "label" } },
  model: { layers: [{ type: "linear", units: 8 }, { type: "relu" }, { type: "linear" }] },
  epochs: 20,
  max_retries: MAX_RETRIES,
});
