/** Reproduces a model: runs the job that trained it again, to check that it gives the same bits. */
import { TrainyardError } from "../../domain/errors.ts";
import { createId } from "../../domain/id.ts";
import type { Job } from "../../domain/jobs/job.ts";
import type { Model } from "../../domain/models/model.ts";
import { isCheckpointId } from "../../domain/models/registry.ts";
import { findModel } from "../models/find-model.ts";
import type { ProjectServices } from "../services.ts";
import type { JobView } from "./job-view.ts";
import { notifyAndView } from "./notify-changed.ts";

/**
 * Queues a copy of the job that trained a model. The copy makes no model: its record says at the end what its weights hash to.
 * Throws not_found, and conflict when the job or its data set was deleted, or the model has no job. Returns the existing job if
 * one has this `id`.
 */
export async function reproduce(services: ProjectServices, ref: string, id?: string): Promise<JobView> {
  const { store } = services;
  const known = id === undefined ? null : await store.jobs.get(id);
  if (known) return notifyAndView(services, known);
  const model = await findModel(services, ref);
  const job = await repeatableJob(services, model);
  const { spec, parameters, memoryBytes, classes, notes } = job;
  const again = await store.jobs.insert({
    id: id ?? createId("job"),
    spec,
    parameters,
    memoryBytes,
    classes,
    notes,
    payload: await store.jobs.readPayload(job.id),
    createdAt: Date.now(),
    within: services.limits.project,
    reproduces: { model: model.id, sha256: model.sha256 },
  });
  return notifyAndView(services, again);
}

/**
 * Returns the job that trained a model, where its training can be repeated. Throws conflict for checkpoints and imported models, and where
 * the job or its data set was deleted.
 */
export async function repeatableJob({ store }: Pick<ProjectServices, "store">, model: Model): Promise<Job> {
  if (isCheckpointId(model.id)) throw conflict("it is a checkpoint: only the training of a job's final model can be repeated");
  if (model.jobId === null) throw conflict("the model was imported: there is no job to run again");
  const job = await store.jobs.get(model.jobId);
  if (!job) throw conflict(`the job ${model.jobId} was deleted with its rows and initial weights`);
  const { data } = job.spec;
  if ("dataset" in data && !(await store.datasets.get(data.dataset.id)))
    throw conflict(`the data set ${data.dataset.id} was deleted`);
  return job;
}

function conflict(detail: string): TrainyardError {
  return new TrainyardError("conflict", detail);
}
