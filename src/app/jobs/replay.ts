/** Replays a step of a job: finds its nearest stored state, and has a compute thread go on from there. */
import { notFound, TrainyardError } from "../../domain/errors.ts";
import type { Job } from "../../domain/jobs/job.ts";
import { ensureNear, ensureStep, type Replay, type ReplayRequest, replayable } from "../../domain/jobs/replay.ts";
import type { TrainingRun } from "../../domain/ports.ts";
import type { ProjectServices } from "../services.ts";
import { readDataset } from "./execute.ts";

/**
 * Returns a step of a job. Throws not_found, conflict for a search and for a job whose data set was deleted, and invalid for a step that
 * the job has not done, or that is too far from what is stored.
 */
export async function replayJob(services: ProjectServices, jobId: string, request: ReplayRequest): Promise<Replay> {
  const { store, computePool } = services;
  const job = await store.jobs.get(jobId);
  if (!job) throw notFound("job", jobId);
  replayable(job);
  const { stepsPerEpoch, multiplyAdds } = await computePool.replaySize(await runOf(services, job));
  ensureStep(request.step, job.epochsDone * stepsPerEpoch);
  const nearest = await store.checkpoints.getNearest(
    jobId,
    Math.floor(request.step / stepsPerEpoch),
    request.step % stepsPerEpoch,
  );
  const from = nearest ? nearest.epoch * stepsPerEpoch + nearest.step : 0;
  ensureNear(request.step - from, multiplyAdds);
  const run = await runOf(services, job);
  // A checkpoint that was removed meanwhile leaves the start, which may be too far away.
  const checkpoint = nearest && (await store.checkpoints.read(nearest.id));
  if (!checkpoint) ensureNear(request.step, multiplyAdds);
  return computePool.replay({ ...run, checkpoint }, request, (request.step - from) * multiplyAdds);
}

/** What a run of the job is given, but for its checkpoint. */
async function runOf(services: ProjectServices, job: Job): Promise<TrainingRun> {
  const { data } = job.spec;
  if ("dataset" in data && !(await services.store.datasets.get(data.dataset.id)))
    throw new TrainyardError("conflict", `the data set ${data.dataset.id} was deleted`);
  const [payload, dataset] = await Promise.all([services.store.jobs.readPayload(job.id), readDataset(services, job)]);
  return { job, payload, dataset, checkpoint: null };
}
