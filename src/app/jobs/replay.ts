/** Replays a step of a job: finds the nearest stored state before it, and has a compute thread continue from there. */
import { invalid, notFound, TrainyardError } from "../../domain/errors.ts";
import type { Job } from "../../domain/jobs/job.ts";
import { ensureNear, ensureStep, type Replay, type ReplayRequest, replayable } from "../../domain/jobs/replay.ts";
import type { Limits } from "../../domain/limits.ts";
import type { ProjectServices } from "../services.ts";
import { readDataset } from "./execute.ts";

/** Maximum number of replays at a time: in the process, and of one project. Each holds the rows of its job and a thread. */
const MAX_REPLAYS = 2;
/** A replay may take at most this share of the memory for jobs, because that memory does not count it. */
const MAX_MEMORY = 1 / 4;

/** The projects of the running replays. */
const underWay = new Set<string>();

/**
 * Returns a step of a job. Throws not_found; conflict for a search, a job whose data set was deleted, or one that another version of the
 * engine trained; invalid for a step that the job has not reached, one too far from any stored state, and a job that is too large;
 * rate_limited or unavailable while others are replayed.
 */
export async function replayJob(services: ProjectServices, jobId: string, request: ReplayRequest): Promise<Replay> {
  const job = await services.store.jobs.get(jobId);
  if (!job) throw notFound("job", jobId);
  replayable(job);
  ensureSmall(job, services.limits);
  if (underWay.has(job.project))
    throw new TrainyardError("rate_limited", "a step is already being replayed for this project: ask again when it is done");
  if (underWay.size >= MAX_REPLAYS)
    throw new TrainyardError(
      "unavailable",
      `${MAX_REPLAYS} steps are already being replayed, the most at a time: ask again later`,
    );
  underWay.add(job.project);
  try {
    return await replay(services, job, request);
  } catch (error) {
    // If the data was deleted in the meantime, the reader's error is not a bug.
    if (!(await services.store.jobs.get(jobId))) throw notFound("job", jobId);
    await ensureData(services, job);
    throw error;
  } finally {
    underWay.delete(job.project);
  }
}

async function replay(services: ProjectServices, job: Job, request: ReplayRequest): Promise<Replay> {
  const { store, computePool } = services;
  await ensureData(services, job);
  const [payload, dataset] = await Promise.all([store.jobs.readPayload(job.id), readDataset(services, job)]);
  const { stepsPerEpoch, multiplyAdds, run } = await computePool.replaySize({ job, payload, dataset, checkpoint: null });
  ensureStep(request.step, job.epochsDone * stepsPerEpoch);
  const nearest = await store.checkpoints.getNearest(
    job.id,
    Math.floor(request.step / stepsPerEpoch),
    request.step % stepsPerEpoch,
  );
  // If the checkpoint was removed in the meantime, only the start is left, which may be too far away.
  const checkpoint = nearest && (await store.checkpoints.read(nearest.id));
  const steps = request.step - (checkpoint ? checkpoint.epoch * stepsPerEpoch + checkpoint.step : 0);
  ensureNear(steps, multiplyAdds);
  return computePool.replay(
    { ...run, checkpoint },
    { ...request, trainedBy: await engineOf(services, job) },
    steps * multiplyAdds,
  );
}

/** The version of the engine that trained the job: that of its model, else of its newest checkpoint. Null if it has neither. */
async function engineOf({ store }: ProjectServices, { id, model }: Job): Promise<string | null> {
  const trained = model && (await store.models.get(model.id));
  if (trained) return trained.receipt.engineVersion;
  const last = await store.checkpoints.getLast(id);
  return (last && (await store.models.find({ kind: "id", id: last.id })))?.receipt.engineVersion ?? null;
}

/** Throws invalid if a job takes more memory than a compute thread may use for reading its rows again. */
export function ensureSmall({ memoryBytes }: Job, limits: Pick<Limits, "memoryBytes">): void {
  const most = limits.memoryBytes * MAX_MEMORY;
  if (memoryBytes <= most) return;
  const [takes, may] = [memoryBytes, most].map((bytes) => Math.ceil(bytes / 2 ** 20));
  throw invalid([
    {
      pointer: "",
      detail: `training the job takes ${takes} MiB, but a job whose rows are read again may take at most ${may} MiB (a quarter of TRAINYARD_MEMORY_BYTES)`,
    },
  ]);
}

/** Throws conflict for a job whose data set was deleted. */
export async function ensureData({ store }: ProjectServices, { spec: { data } }: Job): Promise<void> {
  if ("dataset" in data && !(await store.datasets.get(data.dataset.id)))
    throw new TrainyardError("conflict", `the data set ${data.dataset.id} was deleted`);
}
