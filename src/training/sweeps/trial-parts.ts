/**
 * What trials share, each kept by what it depends on: prepared jobs by all but learning rate, epochs and seed; rows by what chooses
 * them; compiled programs by what is compiled in. None of it changes a bit of a trial.
 */

import { createLru } from "../../domain/lru.ts";
import type { TrainingRun } from "../../domain/ports.ts";
import type { JobSpec, NetworkSpec } from "../../domain/spec/spec.ts";
import { formOf } from "../../domain/spec/split.ts";
import type { TrialParameters } from "../../domain/sweeps/parameter.ts";
import { applyParameters } from "../../domain/sweeps/parameter-space.ts";
import { type JobData, loadData } from "../data/data.ts";
import type { Parts } from "../data/split.ts";
import { planTrials, type TrialPlan } from "../many/trial-plan.ts";
import type { TrainingSizes } from "../run/build.ts";
import { sizesOf } from "../run/sizes.ts";
import { foldsOfSweep, runOf } from "./sweep-folds.ts";
import { type OpenSweep, type PreparedTrial, prepareTrial } from "./trial-source.ts";

/** A job that a trial trains. */
export type PreparedJob = Extract<PreparedTrial, { ok: true }>["job"];

/** A plan for the rows of `data`. */
export interface OpenPlan {
  readonly plan: TrialPlan;
  readonly data: JobData;
}

export interface TrialParts {
  /** Prepares the job of a trial. */
  prepare(parameters: TrialParameters): PreparedTrial;
  /** The parts of the rows of each fold; one null without folds: the split of the job applies. */
  foldsOf(job: PreparedJob): readonly (Parts | null)[];
  /** Opens the programs of a job with the rows of fold `fold`. What was opened before must not be used any more. */
  open(job: PreparedJob, parts: Parts | null, fold: number): OpenPlan;
}

const MAX_PREPARED = 256;
const MAX_PLANS = 16;
const MAX_PLAN_BYTES = 32 * 1024 * 1024;
/** Rows are kept for every fold of two seeds. */
const MAX_TABLES = 16;
const MAX_TABLE_BYTES = 32 * 1024 * 1024;

interface Loaded {
  readonly key: string;
  readonly data: JobData;
}

interface Kept {
  readonly plan: TrialPlan;
  /** Memory of its steps, one copy. */
  readonly bytes: number;
}

/** Creates the parts of a sweep, empty. Its methods throw an Error where something fails that was checked before. */
export function createTrialParts(sweep: OpenSweep): TrialParts {
  const { job, space, dataset } = sweep;
  const free = freeFields(job);
  const variesData = space.dimensions.some(({ pointer }) => pointer.startsWith("/data") || pointer.startsWith("/init_from"));
  const prepared = createLru<PreparedTrial>({ maxCount: MAX_PREPARED, maxBytes: Number.POSITIVE_INFINITY, bytesOf: () => 0 });
  const tables = createLru<Loaded>({ maxCount: MAX_TABLES, maxBytes: MAX_TABLE_BYTES, bytesOf: bytesOfLoaded });
  const plans = createLru<Kept>({
    maxCount: MAX_PLANS,
    maxBytes: MAX_PLAN_BYTES,
    bytesOf: ({ bytes }) => bytes,
  });
  const folds = createLru<readonly (Parts | null)[]>({ maxCount: 2, maxBytes: Number.POSITIVE_INFINITY, bytesOf: () => 0 });

  /** What chooses the rows of a job, and what becomes of them. */
  const rowsKey = ({ spec, classes }: PreparedJob) => {
    const isSeeded = sweep.spec.folds !== null || spec.split !== null;
    const data = variesData ? spec.data : null;
    return JSON.stringify([data, spec.split, spec.preprocess, isSeeded ? spec.seed : null, classes.length]);
  };

  return {
    prepare(parameters) {
      const applied = applyParameters(job, space, parameters) as JobSpec;
      const { data, init_from, ...rest } = applied;
      const key = JSON.stringify([variesData ? [data, init_from] : null, { ...rest, ...free(rest) }]);
      const known = prepared.get(key) ?? prepareTrial(sweep, parameters);
      prepared.set(key, known);
      if (!known.ok) return known;
      const { seed, epochs, optimizer } = applied;
      const own = { optimizer: { ...known.job.spec.optimizer, lr: optimizer.lr }, epochs, seed };
      return { ok: true, job: { ...known.job, spec: { ...known.job.spec, ...own } } };
    },
    foldsOf(trial) {
      const { folds: options } = sweep.spec;
      if (!options) return [null];
      const key = rowsKey(trial);
      const known = folds.get(key);
      if (known) return known;
      const cut = foldsOfSweep(options, trial, dataset);
      if (!cut.ok) throw new Error(`folds that were checked fail: ${cut.errors[0]?.detail}`);
      folds.set(key, cut.parts);
      return cut.parts;
    },
    open(trial, parts, fold) {
      const { spec, classes } = trial;
      const key = `${fold} ${rowsKey(trial)}`;
      const loaded = tables.get(key) ?? { key, data: loadData(runOf(trial, dataset) satisfies TrainingRun, parts) };
      tables.set(key, loaded);
      const { data } = loaded;
      const sizes = sizesOf(data, classes.length);
      const { task, model, loss, clip_grad, batch_size, metrics, init_from } = spec;
      const compiledIn = { task, model, loss, clip_grad, batch_size, metrics };
      const planKey = JSON.stringify([compiledIn, init_from?.freeze ?? [], sizes]);
      const kept = plans.get(planKey) ?? compilePlan(trial, sizes);
      plans.set(planKey, kept);
      return { plan: kept.plan, data };
    },
  };
}

/** Compiles the steps of a trial. Its network is given: sweeps of searches are refused. */
function compilePlan({ spec }: PreparedJob, sizes: TrainingSizes): Kept {
  const plan = planTrials(spec as NetworkSpec, sizes);
  return { plan, bytes: plan.stepsFor(spec.optimizer).steps.executable.memoryBytes };
}

/** Fields that pass through preparation as they are, with what stands for any value of them. */
function freeFields({ data, split }: JobSpec) {
  // By groups, the seed draws how many rows are held out; of a data set, what they teach is part of the job too.
  const isCounted = !split || ["shares", "positions"].includes(formOf(split).form);
  return ({ optimizer }: Pick<JobSpec, "optimizer">) => ({
    optimizer: { ...optimizer, lr: 1 },
    epochs: 1,
    ...(isCounted && !("dataset" in data) && { seed: 0 }),
  });
}

function bytesOfLoaded({ data: { train, validation, test } }: Loaded): number {
  return [train, validation, test].reduce(
    (total, table) => total + (table ? table.features.byteLength + table.targets.byteLength : 0),
    0,
  );
}
