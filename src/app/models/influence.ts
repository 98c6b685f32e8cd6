/** Submits the job that asks which rows made a prediction of a model, by training it again without each of them. */
import type { DatasetRows } from "../../domain/datasets/dataset.ts";
import { invalid, TrainyardError } from "../../domain/errors.ts";
import type { InfluenceRequest } from "../../domain/explanations/influence.ts";
import { createId } from "../../domain/id.ts";
import type { Job } from "../../domain/jobs/job.ts";
import { jobNameOf } from "../../domain/jobs/job-name.ts";
import { DEFAULT_RUN_OPTIONS } from "../../domain/jobs/run-defaults.ts";
import type { Model } from "../../domain/models/model.ts";
import { MAX_SECONDS } from "../../domain/spec/run-options.ts";
import { trainedSpec } from "../../domain/jobs/trained-spec.ts";
import { isSearch, type ResolvedSpec } from "../../domain/spec/spec.ts";
import { splitColumnOf } from "../../domain/spec/split.ts";
import type { JobView } from "../jobs/job-view.ts";
import { notifyAndView } from "../jobs/notify-changed.ts";
import { repeatableJob } from "../jobs/reproduce.ts";
import type { ProjectServices } from "../services.ts";
import { findModel } from "./find-model.ts";

/** Bytes that a training without a row takes for each row beside the job's own: its weight, in the engine and while it is computed. */
const BYTES_A_ROW = 24;

/**
 * Queues the job; one with this id that exists is answered instead. Throws not_found, conflict for a model whose training cannot be
 * repeated or that a search has found, and invalid with every fault of the request, and for more work than one job may take.
 */
export async function askInfluence(
  services: ProjectServices,
  ref: string,
  request: InfluenceRequest,
  id: string | undefined,
): Promise<JobView> {
  const { store } = services;
  const known = id === undefined ? null : await store.jobs.get(id);
  if (known) return notifyAndView(services, known);
  const model = await findModel(services, ref);
  const job = await repeatableJob(services, model);
  if (isSearch(job.spec))
    throw new TrainyardError(
      "conflict",
      "the model is the average that a search has chosen, and leaving rows out would repeat the search for each of them: ask a model whose job names its network",
    );
  const asked = { ...request, instances: request.instances.map(plainCells) };
  const { retrainings, trainingRows } = await admit(services, job, model, asked);
  const { parameters, memoryBytes, classes } = job;
  const queued = await store.jobs.insert({
    id: id ?? createId("job"),
    spec: influenceSpec(job.spec, model, asked, retrainings),
    parameters,
    memoryBytes: memoryBytes + trainingRows * BYTES_A_ROW + answerBytes(model, request, retrainings),
    classes,
    payload: await store.jobs.readPayload(job.id),
    createdAt: Date.now(),
    within: services.limits.project,
  });
  return notifyAndView(services, queued);
}

/** Bytes of what all trainings answer: the outputs of each for every instance, float32. */
const answerBytes = ({ outputWidth }: Model, { instances }: InfluenceRequest, retrainings: number): number =>
  4 * (retrainings + 1) * instances.length * outputWidth;

/** Returns how many rows are left out, of how many. Throws invalid. */
async function admit(services: ProjectServices, job: Job, model: Model, request: InfluenceRequest) {
  const [payload, dataset] = await Promise.all([services.store.jobs.readPayload(job.id), readColumns(services, job)]);
  const admitted = await services.computePool.admitInfluence({ job, payload, dataset, checkpoint: null }, model, request);
  if (!admitted.ok) throw invalid(admitted.errors);
  return admitted;
}

/** Reads the columns that split the rows of a job, and that of their weights; null where its rows come from no data set. */
async function readColumns({ store }: ProjectServices, { spec }: Job): Promise<DatasetRows | null> {
  if (!("dataset" in spec.data)) return null;
  const { id, target, weights } = spec.data.dataset;
  const dataset = await store.datasets.get(id);
  if (!dataset) throw new TrainyardError("conflict", `the data set ${id} was deleted`);
  const names = [...target, ...[splitColumnOf(spec.split)?.name ?? [], weights ?? []].flat()];
  const values = await store.datasets.readColumns(id, [...new Set(names)]);
  return { rows: dataset.rows, sha256: dataset.sha256, columns: dataset.columns, values };
}

/** The spec of the job, whose epochs are its trainings. */
function influenceSpec(spec: ResolvedSpec, model: Model, request: InfluenceRequest, retrainings: number): ResolvedSpec {
  const training = trainedSpec(spec);
  const { instances, actual, output, rows = null } = request;
  const { checkpoint, webhook } = DEFAULT_RUN_OPTIONS;
  return {
    ...training,
    name: request.name ?? jobNameOf(`rows behind ${model.name}`),
    epochs: retrainings + 1,
    // That of its job was for one training.
    max_seconds: Math.min(MAX_SECONDS, training.max_seconds * (retrainings + 1)),
    checkpoint,
    webhook,
    influence: {
      ...{ model: model.id, sha256: model.sha256, epochs: training.epochs, instances, rows },
      ...(actual && { actual }),
      ...(output !== undefined && { output }),
    },
  };
}

/** A row whose whole numbers beyond 2^53 are rounded to float64, as readers of rows take them: JSON has no others. */
function plainCells(row: InfluenceRequest["instances"][number]): InfluenceRequest["instances"][number] {
  const plain = (cell: unknown) => (typeof cell === "bigint" ? Number(cell) : cell);
  if (Array.isArray(row)) return row.map(plain);
  return Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, plain(cell)]));
}
