/** Replays a step of a job: finds its nearest stored state, and has a compute thread go on from there. */
import { invalid, notFound, TrainyardError } from "../../domain/errors.ts";
import type { Job } from "../../domain/jobs/job.ts";
import { ensureNear, ensureStep, type Replay, type ReplayRequest, replayable } from "../../domain/jobs/replay.ts";
import type { Limits } from "../../domain/limits.ts";
import type { ProjectServices } from "../services.ts";
import { readDataset } from "./execute.ts";

/** Most replays at a time, of the process; of a project one. Each holds the rows of its job, and a thread. */
const MOST_REPLAYS = 2;
/** Largest share of the memory for jobs that a replayed one may take, since it counts for none of it. */
const MOST_MEMORY = 1 / 4;

/** The projects of the replays under way. */
const underWay = new Set<string>();

/**
 * Returns a step of a job. Throws not_found, conflict for a search, for a job whose data set was deleted or that another version of the engine trained, invalid for a step that
 * the job has not done, or that is too far from what is stored, and for a job that is too large, and rate_limited or unavailable while
 * others are replayed.
 */
export async function replayJob(services: ProjectServices, jobId: string, request: ReplayRequest): Promise<Replay> {
  const job = await services.store.jobs.get(jobId);
  if (!job) throw notFound("job", jobId);
  replayable(job);
  ensureSmall(job, services.limits);
  if (underWay.has(job.project))
    throw new TrainyardError("rate_limited", "a step is already being replayed for this project: ask again when it is done");
  if (underWay.size >= MOST_REPLAYS)
    throw new TrainyardError(
      "unavailable",
      `${MOST_REPLAYS} steps are already being replayed, the most at a time: ask again later`,
    );
  underWay.add(job.project);
  try {
    return await replay(services, job, request);
  } catch (error) {
    // What was deleted meanwhile is no bug of what reads it.
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
  // One that was removed meanwhile leaves the start, which may be too far away.
  const checkpoint = nearest && (await store.checkpoints.read(nearest.id));
  const steps = request.step - (checkpoint ? checkpoint.epoch * stepsPerEpoch + checkpoint.step : 0);
  ensureNear(steps, multiplyAdds);
  return computePool.replay(
    { ...run, checkpoint },
    { ...request, trainedBy: await engineOf(services, job) },
    steps * multiplyAdds,
  );
}

/** The version of the engine that trained the job: its model says so, or else its newest checkpoint. Null where it has neither. */
async function engineOf({ store }: ProjectServices, { id, model }: Job): Promise<string | null> {
  const trained = model && (await store.models.get(model.id));
  if (trained) return trained.receipt.engineVersion;
  const last = await store.checkpoints.getLast(id);
  return (last && (await store.models.find({ kind: "id", id: last.id })))?.receipt.engineVersion ?? null;
}

/** Throws invalid for a job that takes more memory than one whose rows a compute thread reads again may. */
export function ensureSmall({ memoryBytes }: Job, limits: Pick<Limits, "memoryBytes">): void {
  const most = limits.memoryBytes * MOST_MEMORY;
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
