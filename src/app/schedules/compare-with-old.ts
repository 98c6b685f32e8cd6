/** Decides whether the new model of a schedule is better than the one that its alias names, on rows that are new to both. */
import { type Dataset, type DatasetRows, hasValues } from "../../domain/datasets/dataset.ts";
import { TrainyardError } from "../../domain/errors.ts";
import { createFairQueue } from "../../domain/fair-queue.ts";
import type { Job } from "../../domain/jobs/job.ts";
import type { Model } from "../../domain/models/model.ts";
import { FALLING_FIGURES } from "../../domain/models/score-comparison.ts";
import type { TrainingRun } from "../../domain/ports.ts";
import type { RunComparison, ScheduleDocument } from "../../domain/schedules/schedule.ts";
import { splitColumnOf } from "../../domain/spec/split.ts";
import { readDataset } from "../jobs/execute.ts";
import { ensureSmall } from "../jobs/replay.ts";
import { readWeights } from "../models/find-model.ts";
import type { ProjectServices } from "../services.ts";

const ROUNDING = 1e-12;

type Promotion = NonNullable<ScheduleDocument["promote"]>;

/** A comparison holds the rows of two jobs, which no job's memory counts. */
const queue = createFairQueue({ slots: 1, waiting: { most: 64, name: "comparisons of schedules" } });

/** Compares them. If they cannot be compared, the result has the reason; other errors are thrown. */
export async function compareWithOld(
  services: ProjectServices,
  project: string,
  old: Model,
  fresh: Model,
  job: Job,
  promote: Promotion,
): Promise<RunComparison> {
  const none = (reason: string, seen: number | null = null): RunComparison => ({
    old: { id: old.id, version: old.version },
    ...{
      metric: null,
      old_value: null,
      new_value: null,
      gain: null,
      from: null,
      to: null,
      rows: null,
      rows_seen: seen,
      reason,
    },
  });
  try {
    const result = await queue.run({ tenant: project }, () => compare(services, old, fresh, job));
    if (!result.ok) return none(result.reason, result.seen);
    const metric = promote.metric ?? (fresh.classes.length > 0 ? "accuracy" : "r2");
    const figure = result.comparison.figures.find((each) => each.figure === metric);
    if (!figure)
      return none(
        `${metric} is not a metric of these models: ${result.comparison.figures.map((each) => each.figure).join(", ")} are`,
      );
    const { a, b, difference, from, to } = figure;
    const falls = FALLING_FIGURES.has(metric);
    return {
      old: { id: old.id, version: old.version },
      ...{ metric, old_value: a, new_value: b, gain: falls ? -difference : difference },
      ...(falls ? { from: -to, to: -from } : { from, to }),
      ...{ rows: result.comparison.rows, rows_seen: result.seen, reason: null },
    };
  } catch (error) {
    // What a limit refuses now, it refuses the next time too.
    if (error instanceof TrainyardError && ["invalid", "too_large"].includes(error.code)) return none(error.message);
    throw error;
  }
}

/** Whether the alias moves: the new model must be better by enough. At a tie the old one stays. */
export function isBetter({ gain }: RunComparison, { min_gain: least }: Promotion): boolean {
  // 0.35 - 0.34 is a little less than 0.01.
  return gain !== null && gain > 0 && gain >= least - ROUNDING * Math.max(1, least);
}

async function compare(services: ProjectServices, old: Model, fresh: Model, job: Job) {
  const { store, limits, computePool } = services;
  ensureSmall(job, limits);
  const [oldRun, weightsOfOld, weights, dataset] = await Promise.all([
    runOf(services, old),
    readWeights(services, old.id),
    readWeights(services, fresh.id),
    readRows(store, job, old),
  ]);
  return await computePool.compareFresh(
    { model: old, weights: weightsOfOld, run: oldRun },
    { model: fresh, weights, run: { job, payload: await store.jobs.readPayload(job.id), dataset, checkpoint: null } },
  );
}

/** The run that trained the old model. Null if its job or its rows are gone, or take too much memory to read again. */
async function runOf(services: ProjectServices, { jobId }: Model): Promise<TrainingRun | null> {
  const { store, limits } = services;
  const job = jobId === null ? null : await store.jobs.get(jobId);
  if (!job || !("dataset" in job.spec.data) || !(await store.datasets.get(job.spec.data.dataset.id))) return null;
  ensureSmall(job, limits);
  return { job, payload: await store.jobs.readPayload(job.id), dataset: await readDataset(services, job), checkpoint: null };
}

/** The columns of the new table that either model reads or predicts, and those that split it. */
async function readRows(store: ProjectServices["store"], { spec }: Job, old: Model): Promise<DatasetRows | null> {
  if (!("dataset" in spec.data)) return null;
  const { id, features, target } = spec.data.dataset;
  const dataset: Dataset | null = await store.datasets.get(id);
  if (!dataset) return null;
  const ofOld = [...(old.preprocessing?.columns ?? []), ...(old.preprocessing?.targets ?? [])].map(({ column }) => column);
  const names = new Set([...features, ...target, ...ofOld, splitColumnOf(spec.split)?.name ?? []].flat());
  const { rows, sha256, columns } = dataset;
  const there = columns.filter((column) => names.has(column.name) && hasValues(column)).map(({ name }) => name);
  return { rows, sha256, columns, values: await store.datasets.readColumns(id, there) };
}
