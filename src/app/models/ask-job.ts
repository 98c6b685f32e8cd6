/** Queues a job that answers a question about a model by training its network again and again. Knows no particular question. */
import type { DatasetRows } from "../../domain/datasets/dataset.ts";
import { invalid, TrainyardError } from "../../domain/errors.ts";
import { createId } from "../../domain/id.ts";
import type { Job } from "../../domain/jobs/job.ts";
import { jobNameOf } from "../../domain/jobs/job-name.ts";
import { DEFAULT_RUN_OPTIONS } from "../../domain/jobs/run-defaults.ts";
import { trainedSpec } from "../../domain/jobs/trained-spec.ts";
import { excessMemory, type Limits } from "../../domain/limits.ts";
import type { Model } from "../../domain/models/model.ts";
import type { TrainingRun } from "../../domain/ports.ts";
import { MAX_SECONDS, MAX_THREADS } from "../../domain/spec/run-options.ts";
import { isSearch, type ResolvedSpec } from "../../domain/spec/spec.ts";
import { splitColumnOf } from "../../domain/spec/split.ts";
import type { JobView } from "../jobs/job-view.ts";
import { notifyAndView } from "../jobs/notify-changed.ts";
import { repeatableJob } from "../jobs/reproduce.ts";
import type { ProjectServices } from "../services.ts";
import { findModel } from "./find-model.ts";

/** What the check of a question returned. */
export interface Admitted {
  readonly name: string;
  /** Number of trainings, which are the epochs of the job. */
  readonly trainings: number;
  /** Bytes that it needs beyond those of one training. */
  readonly extraBytes: number;
  /** The question, as it stands in the spec. */
  readonly question: Pick<ResolvedSpec, "influence"> | Pick<ResolvedSpec, "learning_curve"> | Pick<ResolvedSpec, "seeds">;
}

export interface Question {
  /** The id for the job, if it is known already. An existing job with this id is returned instead of a new one. */
  readonly id: string | undefined;
  /** Why the question is refused for a search, with the cure. */
  readonly noSearch: string;
  /** Checks the question against the model and its rows. `run` has only the columns that split the rows and the weights. Throws invalid. */
  admit(run: TrainingRun & { readonly job: Job }, model: Model): Promise<Admitted>;
}

/**
 * Queues the job. Throws not_found, conflict for a model whose training cannot be repeated or that a search has found, and what `admit`
 * throws.
 */
export async function askJob(services: ProjectServices, ref: string, { id, noSearch, admit }: Question): Promise<JobView> {
  const { store } = services;
  const known = id === undefined ? null : await store.jobs.get(id);
  if (known) return notifyAndView(services, known);
  const model = await findModel(services, ref);
  const job = await repeatableJob(services, model);
  if (isSearch(job.spec)) throw new TrainyardError("conflict", noSearch);
  const [payload, dataset] = await Promise.all([store.jobs.readPayload(job.id), readColumns(services, job)]);
  const admitted = await admit({ job, payload, dataset, checkpoint: null }, model);
  const { parameters, classes } = job;
  const threads = threadsOf(job, admitted, services.limits);
  const memoryBytes = job.memoryBytes * threads + admitted.extraBytes;
  const excess = excessMemory(memoryBytes, services.limits, "ask about a model with fewer rows or narrower layers");
  if (excess) throw invalid([excess]);
  const queued = await store.jobs.insert({
    id: id ?? createId("job"),
    spec: { ...specOf(job.spec, admitted), threads },
    parameters,
    memoryBytes,
    classes,
    // The check transferred its own copy to a thread.
    payload: await store.jobs.readPayload(job.id),
    createdAt: Date.now(),
    within: services.limits.project,
  });
  return notifyAndView(services, queued);
}

/** Maximum share of the memory for jobs that helping threads may take: each has its own rows and network. */
const MAX_MEMORY = 1 / 4;

/** The number of threads of the job: at most the server's threads, its trainings, and what the memory allows. */
function threadsOf({ spec, memoryBytes }: Job, { trainings }: Admitted, limits: Limits): number {
  const most = Math.min(limits.memoryBytes * MAX_MEMORY, limits.jobMemoryBytes);
  const threads = Math.min(spec.threads ?? MAX_THREADS, limits.threads ?? 1, trainings, Math.floor(most / memoryBytes));
  return Math.max(1, threads);
}

function specOf(spec: ResolvedSpec, { name, trainings, question }: Admitted): ResolvedSpec {
  const training = trainedSpec(spec);
  const { checkpoint, webhook } = DEFAULT_RUN_OPTIONS;
  return {
    ...training,
    name: jobNameOf(name),
    epochs: trainings,
    // The payload of the model's job was for one training.
    max_seconds: Math.min(MAX_SECONDS, training.max_seconds * trainings),
    checkpoint,
    webhook,
    ...question,
  };
}

/** Reads the columns that split the rows of a job and its weights; null if its rows do not come from a data set. */
async function readColumns({ store }: ProjectServices, { spec }: Job): Promise<DatasetRows | null> {
  if (!("dataset" in spec.data)) return null;
  const { id, target, weights } = spec.data.dataset;
  const dataset = await store.datasets.get(id);
  if (!dataset) throw new TrainyardError("conflict", `the data set ${id} was deleted`);
  const names = [...target, ...[splitColumnOf(spec.split)?.name ?? [], weights ?? []].flat()];
  const values = await store.datasets.readColumns(id, [...new Set(names)]);
  return { rows: dataset.rows, sha256: dataset.sha256, columns: dataset.columns, values };
}
