/** Ends an attempt: stores the outcome of the job, or requeues or pauses it so that another attempt can follow. */
import { setTimeout as delay } from "node:timers/promises";
import { TrainyardError } from "../../domain/errors.ts";
import { createId } from "../../domain/id.ts";
import { type Job, type JobError, type JobState, MAX_BACKOFF_MS } from "../../domain/jobs/job.ts";
import type { Outcome } from "../../domain/jobs/job-store.ts";
import type { TransitionRequest } from "../../domain/jobs/queue-order.ts";
import { modelNameOf } from "../../domain/models/registry.ts";
import type { TrainingResult } from "../../domain/ports.ts";
import type { ProjectServices, Services } from "../services.ts";
import { notifyChanged } from "./notify-changed.ts";

/** Stores the outcome of an attempt. Returns the new state of the job, or "lost" when the job belongs to another attempt. */
export async function finish(
  { store, bus, log, frames }: Services,
  job: Job,
  result: TrainingResult,
): Promise<JobState | "lost"> {
  const outcome = outcomeOf(job, result);
  const finished = await store.jobs.finish(job.id, job.attempt, Date.now(), reasonOf(job, result), outcome);
  // The event of the last epochs comes right before that of the outcome. Before the hint: see execute.ts.
  if (finished && outcome.state === "succeeded" && outcome.last) frames.add(job.id, finished.lastSeq - 1, outcome.last);
  bus.publish(job.id, finished?.lastSeq);
  if (finished) return finished.state;
  log.warn({ job_id: job.id, attempt: job.attempt }, "the job belongs to another attempt; the result of this one is dropped");
  return "lost";
}

/**
 * Applies the first of these transitions that the state of the job allows, after an attempt that did not finish. The state may
 * change meanwhile, but only from running to pausing and then to cancelling, so trying them in this order misses none.
 */
async function applyFirst(services: Services, job: Job, steps: readonly TransitionRequest[]): Promise<Job | null> {
  for (const step of steps) {
    const moved = await services.store.jobs.transition(job.id, { ...step, attempt: job.attempt });
    if (!moved) continue;
    await notifyChanged(services, moved);
    return moved;
  }
  return null;
}

/** Minimum delay before a job is claimed again after the disk was full. */
const NO_ROOM_MS = 1000;

/**
 * Requeues a job at its last checkpoint when the disk has no room for its results. The runner claims no jobs until there is
 * room. If the disk has no room even for requeuing, this retries until it has, or until the server stops: the next start then
 * recovers the job.
 */
export async function waitForRoom(services: Services, job: Job, stopping: AbortSignal): Promise<JobState | "lost"> {
  for (;;) {
    try {
      return await requeueOrPause(services, job, "the disk is full: the job waits for space", NO_ROOM_MS);
    } catch (error) {
      if (!isStorageFull(error)) throw error;
      await delay(NO_ROOM_MS, null, { signal: stopping }).catch(() => undefined);
      if (stopping.aborted) throw error;
    }
  }
}

/** Whether an error means that the disk is full. */
export function isStorageFull(error: unknown): boolean {
  return error instanceof TrainyardError && error.code === "storage_full";
}

/** Pauses or requeues a job whose attempt was stopped, so that it resumes from its last checkpoint. */
export async function requeueOrPause(
  services: Services,
  job: Job,
  why = "the server was stopped",
  waitMs = 0,
): Promise<JobState | "lost"> {
  const from = await resumePointOf(services, job.id);
  const at = Date.now();
  const later = waitMs > 0 && { notBefore: at + waitMs };
  const moved = await applyFirst(services, job, [
    { from: ["running"], to: { state: "queued", at, reason: `${why}; it resumes from ${from}` }, ...later },
    { from: ["pausing"], to: { state: "paused", at, reason: `paused at ${from}` } },
  ]);
  return moved?.state ?? finish(services, job, { state: "cancelled", metrics: null });
}

/**
 * Requeues a job whose worker crashed, at its last checkpoint, or fails it after more than `max_retries` crashes. The first
 * retry waits for `firstMs`, each further one twice as long as the one before, up to MAX_BACKOFF_MS.
 */
export async function retry(services: Services, job: Job, crash: string, firstMs: number): Promise<JobState | "lost"> {
  const crashes = job.crashes + 1;
  const { max_retries } = job.spec;
  if (crashes > max_retries) {
    const detail = max_retries === 0 ? crash : `${crash}, for the ${ordinal(crashes)} time (max_retries ${max_retries})`;
    const error: JobError = { code: "worker_died", detail, epoch: null };
    return finish(services, job, { state: "failed", metrics: null, error });
  }
  const from = await resumePointOf(services, job.id);
  const at = Date.now();
  const waitMs = Math.min(MAX_BACKOFF_MS, firstMs * 2 ** (crashes - 1));
  const reason = `${crash}; retry ${crashes} of ${max_retries} resumes from ${from}`;
  const moved = await applyFirst(services, job, [
    { from: ["running"], to: { state: "queued", at, reason }, died: true, notBefore: at + waitMs },
    { from: ["pausing"], to: { state: "paused", at, reason: `${crash}; paused at ${from}` }, died: true },
  ]);
  return moved?.state ?? finish(services, job, { state: "cancelled", metrics: null });
}

/**
 * Requeues a job whose worker was lost while it ran the job. This counts as a crash, as in `retry`, when the attempt has stored
 * no checkpoint, so that a job that crashes its worker each time fails in the end.
 */
export async function reclaimLost(services: Services, job: Job, firstMs: number): Promise<void> {
  const last = await services.store.checkpoints.getLast(job.id);
  if (last?.attempt !== job.attempt) return void (await retry(services, job, "its worker was lost", firstMs));
  await requeueOrPause(services, job, "its worker was lost");
}

/** Describes in words where the next attempt at a job will begin: "epoch 3 and 20 steps". */
export async function resumePointOf({ store }: Pick<ProjectServices, "store">, jobId: string): Promise<string> {
  const last = await store.checkpoints.getLast(jobId);
  if (!last) return "the start";
  return last.step === 0 ? `epoch ${last.epoch}` : `epoch ${last.epoch} and ${last.step} steps`;
}

function ordinal(count: number): string {
  const suffix = count % 100 >= 11 && count % 100 <= 13 ? "th" : (["th", "st", "nd", "rd"][count % 10] ?? "th");
  return `${count}${suffix}`;
}

function outcomeOf(job: Job, result: TrainingResult): Outcome {
  if (result.state === "stopped") return { state: "cancelled", metrics: result.metrics };
  if (result.state !== "succeeded") return result;
  const { metrics } = result;
  const identity = { id: createId("model"), name: modelNameOf(job.spec.name), jobId: job.id, metrics, createdAt: Date.now() };
  return { ...result, model: { ...result.model, ...identity } };
}

function reasonOf({ reproduces }: Job, result: TrainingResult): string {
  if (result.state === "succeeded") {
    if (!reproduces) return result.reason;
    const verdict = result.model.sha256 === reproduces.sha256 ? "agree, bit for bit, with" : "differ from";
    return `${result.reason}; the weights ${verdict} those of ${reproduces.model}`;
  }
  return result.state === "failed" ? result.error.detail : "cancelled on request";
}
