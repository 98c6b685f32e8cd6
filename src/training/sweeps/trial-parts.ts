/**
 * What trials share, each cached by what it depends on: prepared jobs by everything except the numbers of the optimiser, epochs and seed;
 * rows by what chooses them; compiled programs by what is compiled in. None of it changes a bit of a trial.
 */
import { createLru } from "../../domain/memory/lru.ts";
import type { TrainingRun } from "../../domain/ports.ts";
import type { JobSpec, NetworkSpec } from "../../domain/spec/spec.ts";
import { formOf } from "../../domain/spec/split.ts";
import { keysOf, withValueAt } from "../../domain/sweeps/json-pointer.ts";
import type { TrialParameters } from "../../domain/sweeps/parameter.ts";
import { partOf } from "../../domain/sweeps/parameter-space.ts";
import type { TensorSet } from "../../domain/tensor.ts";
import { cutTable, type JobData, loadData, loadTable } from "../data/data.ts";
import type { Parts } from "../data/split.ts";
import type { Table } from "../data/table.ts";
import { initialTensors } from "../many/initial-tensors.ts";
import { planTrials, type TrialPlan } from "../many/trial-plan.ts";
import type { SizeOf } from "../prepare/prepare.ts";
import type { TrainingSizes } from "../run/build.ts";
import { memoryEstimate } from "../run/memory-estimate.ts";
import { compiledSizes, sizesOf } from "../run/sizes.ts";
import { foldsOfSweep, runOf } from "./sweep-folds.ts";
import { type OpenSweep, type PreparedTrial, prepareTrial } from "./trial-source.ts";

/** The job that a trial trains. */
export type PreparedJob = Extract<PreparedTrial, { ok: true }>["job"];

/** A plan for the rows of `data`. */
export interface OpenPlan {
  readonly plan: TrialPlan;
  readonly data: JobData;
}

/** What trials share that differ only in free fields. */
export interface TrialCommon {
  /** The compiled-in parts of the job, as text. */
  readonly compiledIn: string;
  /** The weights that `init_from` gives, by the names of the network; null if the seed draws them. */
  readonly initial: TensorSet | null;
}

/** The job of a trial, or why it cannot be one. */
export type OpenTrial =
  | { readonly ok: true; readonly job: PreparedJob; readonly common: TrialCommon }
  | Extract<PreparedTrial, { ok: false }>;

export interface TrialParts {
  /** Prepares the job of a trial. */
  prepare(parameters: TrialParameters): OpenTrial;
  /** The parts of the rows of each fold; a single null without folds: the split of the job applies. */
  foldsOf(job: PreparedJob): readonly (Parts | null)[];
  /** Opens the programs of a trial with the rows of fold `fold`. Programs opened before must not be used any more. */
  open(trial: Extract<OpenTrial, { ok: true }>, parts: Parts | null, fold: number): OpenPlan;
}

const MAX_PREPARED = 256;
const MAX_PLANS = 16;
const MAX_PLAN_BYTES = 32 * 1024 * 1024;
/** Rows are cached for every fold of two seeds. */
const MAX_TABLES = 16;
/** Tables that are divided for each seed. */
const MAX_WHOLE = 2;
const MAX_TABLE_BYTES = 32 * 1024 * 1024;

interface Loaded {
  readonly data: JobData;
  readonly sizes: TrainingSizes;
}

/** A job that was prepared for all trials that differ only in free fields. */
type Family = OpenTrial;

interface Kept {
  readonly plan: TrialPlan;
  /** Memory of its steps, one copy. */
  readonly bytes: number;
}

/** Creates the parts of a sweep, empty. Its methods throw an Error if something fails that was checked before. */
export function createTrialParts(sweep: OpenSweep): TrialParts {
  const { job, space, dataset } = sweep;
  const isFree = freeIn(job);
  const bound = space.dimensions.filter(({ pointer }) => !isFree(pointer));
  const free = space.dimensions.flatMap((dimension) =>
    isFree(dimension.pointer) ? [{ dimension, keys: keysOf(dimension.pointer) as readonly string[] }] : [],
  );
  const withFreeFields = (spec: PreparedJob["spec"], parameters: TrialParameters): PreparedJob["spec"] => {
    let own: unknown = spec;
    for (const { dimension, keys } of free) {
      const part = partOf(dimension, parameters);
      if (part !== undefined) own = withValueAt(own, keys, part);
    }
    return own as PreparedJob["spec"];
  };
  const sizes = createSizes();
  const variesData = space.dimensions.some(({ pointer }) => pointer.startsWith("/data") || pointer.startsWith("/init_from"));
  const families = createLru<Family>({ maxCount: MAX_PREPARED, ...UNBOUNDED_BYTES });
  const whole = createLru<Table>({ maxCount: MAX_WHOLE, maxBytes: MAX_TABLE_BYTES, bytesOf: bytesOfTable });
  const tables = createLru<Loaded>({ maxCount: MAX_TABLES, maxBytes: MAX_TABLE_BYTES, bytesOf: bytesOfLoaded });
  const plans = createLru<Kept>({ maxCount: MAX_PLANS, maxBytes: MAX_PLAN_BYTES, bytesOf: ({ bytes }) => bytes });
  const folds = createLru<readonly (Parts | null)[]>({ maxCount: 2, ...UNBOUNDED_BYTES });

  /** What determines the rows of a job and their preprocessing. */
  const rowsKey = ({ spec, classes }: PreparedJob) => {
    const isSeeded = sweep.spec.folds !== null || spec.split !== null;
    const data = variesData ? spec.data : null;
    return JSON.stringify([data, spec.split, spec.preprocess, isSeeded ? spec.seed : null, classes.length]);
  };

  /** The rows of a job before they are divided, which all seeds share. */
  const wholeTable = (trial: PreparedJob): Table => {
    const key = variesData ? JSON.stringify(trial.spec.data) : "";
    const table = whole.get(key) ?? loadTable(runOf(trial, dataset) satisfies TrainingRun);
    whole.set(key, table);
    return table;
  };

  const load = (trial: PreparedJob, parts: Parts | null): Loaded => {
    const { spec, classes } = trial;
    const data =
      "dataset" in spec.data
        ? loadData(runOf(trial, dataset) satisfies TrainingRun, parts)
        : cutTable(wholeTable(trial), runOf(trial, dataset), parts);
    return { data, sizes: sizesOf(data, classes.length) };
  };

  return {
    prepare(parameters) {
      // Which free fields a trial sets depends only on its choices, which are part of the key.
      const key = JSON.stringify(bound.map(({ pointer }) => parameters[pointer]));
      const known = families.get(key) ?? prepareFamily(sweep, parameters, sizes);
      families.set(key, known);
      if (!known.ok) return known;
      return { ...known, job: { ...known.job, spec: withFreeFields(known.job.spec, parameters) } };
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
    open({ job: trial, common: { compiledIn } }, parts, fold) {
      const key = `${fold} ${rowsKey(trial)}`;
      const loaded = tables.get(key) ?? load(trial, parts);
      tables.set(key, loaded);
      const { data } = loaded;
      const planKey = compiledIn + JSON.stringify(compiledSizes(trial.spec, loaded.sizes));
      const kept = plans.get(planKey) ?? compilePlan(trial, loaded.sizes);
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

/** Prepares the first trial of a family. */
function prepareFamily(sweep: OpenSweep, parameters: TrialParameters, sizeOf: SizeOf): Family {
  const prepared = prepareTrial(sweep, parameters, sizeOf);
  if (!prepared.ok) return prepared;
  const { job } = prepared;
  const { task, model, loss, clip_grad, batch_size, metrics, init_from } = job.spec;
  const compiledIn = JSON.stringify([task, model, loss, clip_grad, batch_size, metrics, init_from?.freeze ?? []]);
  return { ok: true, job, common: { compiledIn, initial: initialTensors(job) } };
}

/** Numbers that pass through preparation unchanged, whatever stands beside them: trials that differ only in them share one preparation. */
const FREE: ReadonlySet<string> = new Set([
  "/epochs",
  "/optimizer/lr",
  "/optimizer/weight_decay",
  "/optimizer/betas/0",
  "/optimizer/betas/1",
  "/optimizer/eps",
  "/optimizer/alpha",
  "/optimizer/rho",
  "/optimizer/lr_decay",
  "/optimizer/momentum_decay",
]);

/** Returns the function that says whether the field of a pointer is free in trials of a job. */
function freeIn({ data, split }: JobSpec): (pointer: string) => boolean {
  // With groups, the seed decides how many rows are held out; for a data set, the fitted preprocessing is part of the job too.
  const isCounted = !split || ["shares", "positions"].includes(formOf(split).form);
  const isSeedFree = isCounted && !("dataset" in data);
  return (pointer) => FREE.has(pointer) || (isSeedFree && pointer === "/seed");
}

/** Maximum cached network sizes. */
const MAX_SIZES = 1024;

/**
 * Returns the function that computes the memory of jobs, once for all with the same sizes. It costs a plan of the whole step, more than
 * training a small trial.
 */
function createSizes(): SizeOf {
  const known = createLru<number>({ maxCount: MAX_SIZES, ...UNBOUNDED_BYTES });
  return (spec, shape) => {
    const { task, model, loss, optimizer, clip_grad, batch_size, metrics, early_stopping, init_from } = spec;
    const { rows, validationRows, testRows, featureWidth, targetWidth, embeddings, classes, columns } = shape;
    const key = JSON.stringify([
      [task, model, loss, clip_grad, batch_size, metrics, early_stopping?.restore_best, init_from?.freeze],
      [rows, validationRows, testRows, featureWidth, targetWidth, embeddings, classes.length, columns?.weights],
      // A number of 0 removes a term; other values take no memory.
      JSON.stringify(optimizer, (_, value: unknown) => (typeof value === "number" ? value !== 0 : value)),
    ]);
    const size = known.get(key) ?? memoryEstimate(spec, shape);
    known.set(key, size);
    return size;
  };
}

const UNBOUNDED_BYTES = { maxBytes: Number.POSITIVE_INFINITY, bytesOf: () => 0 };

function bytesOfTable({ features, targets, actual }: Table): number {
  return features.byteLength + targets.byteLength + (actual?.byteLength ?? 0);
}

function bytesOfLoaded({ data: { train, validation, test } }: Loaded): number {
  return [train, validation, test].reduce((total, table) => total + (table ? bytesOfTable(table) : 0), 0);
}
