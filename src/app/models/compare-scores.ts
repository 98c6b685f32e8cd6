/** Compares the scores of two models on the same rows, which neither was trained on. */
import { hasValues } from "../../domain/datasets/dataset.ts";
import { invalid, notFound, TrainyardError } from "../../domain/errors.ts";
import { createFairQueue } from "../../domain/fair-queue.ts";
import type { Job } from "../../domain/jobs/job.ts";
import type { Model } from "../../domain/models/model.ts";
import type { ScoreComparison } from "../../domain/models/score-comparison.ts";
import type { ScoredModel } from "../../domain/ports.ts";
import { readDataset } from "../jobs/execute.ts";
import { ensureData, ensureSmall } from "../jobs/replay.ts";
import type { ProjectServices } from "../services.ts";
import { findModel, readWeights } from "./find-model.ts";
import { seedsOf } from "./seeds.ts";

const CURE = "name a data set that neither was trained on, with the columns of both";

/** A comparison holds the rows of two jobs, which no job's memory counts. The page asks for eight at once, and four users may do so. */
const queue = createFairQueue({ slots: 1, waiting: { most: 32, name: "comparisons" } });

/** Who asks for a comparison. The signal aborts when nobody waits for it any more. */
interface Asked {
  readonly project: string;
  readonly signal?: AbortSignal;
}

export interface ComparedScores {
  readonly a: Model;
  readonly b: Model;
  readonly comparison: ScoreComparison;
}

/**
 * Compares the models of two references on every row of a data set, or on the rows that both of their jobs held out. Throws not_found;
 * invalid for a data set that is missing or that trained one of them; conflict with the reason if there are no such rows; unavailable while
 * too many comparisons of the project wait; and the signal's reason once it aborts.
 */
export async function compareScores(
  services: ProjectServices,
  refA: string,
  refB: string,
  datasetId: string | undefined,
  { project, signal }: Asked,
): Promise<ComparedScores> {
  const [a, b] = await Promise.all([findModel(services, refA), findModel(services, refB)]);
  if (a.id === b.id) throw invalid([{ pointer: "/with", detail: `${refB} is the same model as ${refA}: name another` }]);
  const result = await queue.run({ tenant: project, signal }, () =>
    datasetId === undefined ? onHeldOut(services, a, b) : onDataset(services, a, b, datasetId),
  );
  if (!result.ok) throw refused(result.reason);
  return { a, b, comparison: result.comparison };
}

const refused = (reason: string): TrainyardError =>
  new TrainyardError("conflict", `the models cannot be compared: ${reason}; ${CURE}`);

async function jobOf({ store }: ProjectServices, { jobId }: Model): Promise<Job | null> {
  return jobId === null ? null : ((await store.jobs.get(jobId)) ?? null);
}

async function onHeldOut(services: ProjectServices, a: Model, b: Model) {
  const ofA = await scoredModel(services, a);
  const ofB = await scoredModel(services, b);
  return services.computePool.compareHeldOut(ofA, ofB);
}

async function scoredModel(services: ProjectServices, model: Model): Promise<ScoredModel> {
  const name = `${model.name}@${model.version}`;
  if (model.score?.part === "out_of_fold")
    throw refused(
      `${name} was scored out of fold, and the predictions of its networks for rows that they had not seen are not kept`,
    );
  const job = await jobOf(services, model);
  if (!job) throw refused(`${name} has no job, so the rows that it has not seen are not known`);
  ensureSmall(job, services.limits);
  await ensureData(services, job);
  const [payload, dataset, weights, seeds] = await Promise.all([
    services.store.jobs.readPayload(job.id),
    readDataset(services, job),
    readWeights(services, model.id),
    seedsOf(services, model),
  ]);
  return { model, weights, seeds, run: { job, payload, dataset, checkpoint: null } };
}

async function onDataset(services: ProjectServices, a: Model, b: Model, id: string) {
  const { store, computePool } = services;
  const dataset = await store.datasets.get(id);
  if (!dataset) throw invalid([{ pointer: "/dataset", detail: notFound("data set", id).message }]);
  for (const model of [a, b]) {
    const job = await jobOf(services, model);
    const isOfJob = job && "dataset" in job.spec.data && job.spec.data.dataset.id === id;
    // The receipt outlives the job, and recognises the same bytes under another id.
    if (isOfJob || model.receipt.data?.sha256 === dataset.sha256)
      throw invalid([{ pointer: "/dataset", detail: `${model.name}@${model.version} was trained on this data set: ${CURE}` }]);
  }
  const wanted = new Set(
    [a, b].flatMap(({ preprocessing }) =>
      [...(preprocessing?.columns ?? []), ...(preprocessing?.targets ?? [])].map(({ column }) => column),
    ),
  );
  const needed = dataset.columns.filter((column) => hasValues(column) && wanted.has(column.name));
  const [values, weightsA, weightsB] = await Promise.all([
    store.datasets.readColumns(
      id,
      needed.map(({ name }) => name),
    ),
    readWeights(services, a.id),
    readWeights(services, b.id),
  ]);
  const { rows, sha256, columns } = dataset;
  const sides = [
    { model: a, weights: weightsA },
    { model: b, weights: weightsB },
  ] as const;
  return computePool.compareOnDataset(sides[0], sides[1], { rows, sha256, columns, values });
}
