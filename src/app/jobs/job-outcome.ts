/** Settle: an attempt has come to its end, one way or another, and the job goes where that leads: to an outcome, or back. */
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

/** Stores the outcome of an attempt. Returns the state that the job is in then; "lost" when it was not this attempt's any more. */
export async function finish({ store, bus, log }: Services, job: Job, result: TrainingResult): Promise<JobState | "lost"> {
  const outcome = outcomeOf(job, result);
  const finished = await store.jobs.finish(job.id, job.attempt, Date.now(), reasonOf(job, result), outcome);
  bus.publish(job.id, finished?.lastSeq);
  if (finished) return finished.state;
  log.warn({ job_id: job.id, attempt: job.attempt }, "the job was taken away from this attempt; its result is dropped");
  return "lost";
}

/**
 * Where a job goes whose attempt ended before its time: the first of these that its state allows. It may change while we look,
 * but only from running to pausing and on to cancelling: in this order none is missed.
 */
async function goBack(services: Services, job: Job, steps: readonly TransitionRequest[]): Promise<Job | null> {
  for (const step of steps) {
    const moved = await services.store.jobs.transition(job.id, { ...step, attempt: job.attempt });
    if (!moved) continue;
    await notifyChanged(services, moved);
    return moved;
  }
  return null;
}

/** How long a job that found no room on the disk waits at least. */
const NO_ROOM_MS = 1000;

/**
 * A job whose results find no room on the disk: back in the queue as of its last checkpoint. The runner takes none until there
 * is room. Where there is none even for that, it is tried until there is some, or the server stops: the next start finds it.
 */
export async function waitForRoom(services: Services, job: Job, stopping: AbortSignal): Promise<JobState | "lost"> {
  for (;;) {
    try {
      return await requeueOrPause(services, job, "the disk is full: it waits for room", NO_ROOM_MS);
    } catch (error) {
      if (!isStorageFull(error)) throw error;
      await delay(NO_ROOM_MS, null, { signal: stopping }).catch(() => undefined);
      if (stopping.aborted) throw error;
    }
  }
}

/** Whether an error says that the disk has no room. */
export function isStorageFull(error: unknown): boolean {
  return error instanceof TrainyardError && error.code === "storage_full";
}

/** A job whose attempt wrote a checkpoint and stopped: paused, or in the queue for the next start. */
export async function requeueOrPause(
  services: Services,
  job: Job,
  why = "the server was stopped",
  waitMs = 0,
): Promise<JobState | "lost"> {
  const from = await placeOf(services, job.id);
  const at = Date.now();
  const later = waitMs > 0 && { notBefore: at + waitMs };
  const moved = await goBack(services, job, [
    { from: ["running"], to: { state: "queued", at, reason: `${why}; it goes on from ${from}` }, ...later },
    { from: ["pausing"], to: { state: "paused", at, reason: `paused at ${from}` } },
  ]);
  return moved?.state ?? finish(services, job, { state: "cancelled", metrics: null });
}

/**
 * Requeues a job whose worker died at its last checkpoint, or fails it when that has happened too often. The first retry waits
 * for `firstMs`, each further one for twice as long.
 */
export async function retry(services: Services, job: Job, crash: string, firstMs: number): Promise<JobState | "lost"> {
  const crashes = job.crashes + 1;
  const { max_retries } = job.spec;
  if (crashes > max_retries) {
    const detail = max_retries === 0 ? crash : `${crash}, for the ${ordinal(crashes)} time (max_retries ${max_retries})`;
    const error: JobError = { code: "worker_died", detail, epoch: null };
    return finish(services, job, { state: "failed", metrics: null, error });
  }
  const from = await placeOf(services, job.id);
  const at = Date.now();
  const waitMs = Math.min(MAX_BACKOFF_MS, firstMs * 2 ** (crashes - 1));
  const reason = `${crash}; retry ${crashes} of ${max_retries} goes on from ${from}`;
  const moved = await goBack(services, job, [
    { from: ["running"], to: { state: "queued", at, reason }, died: true, notBefore: at + waitMs },
    { from: ["pausing"], to: { state: "paused", at, reason: `${crash}; paused at ${from}` }, died: true },
  ]);
  return moved?.state ?? finish(services, job, { state: "cancelled", metrics: null });
}

/**
 * Requeues a job whose worker has not been heard of since it took it. It counts as a crash, as in `retry`, when the attempt has
 * stored no checkpoint: a job that brings its worker down each time fails in the end.
 */
export async function reclaimLost(services: Services, job: Job, firstMs: number): Promise<void> {
  const last = await services.store.checkpoints.getLast(job.id);
  if (last?.attempt !== job.attempt) return void (await retry(services, job, "its worker was lost", firstMs));
  await requeueOrPause(services, job, "its worker was lost");
}

/** Where the next attempt at a job will begin, in words. */
export async function placeOf({ store }: Pick<ProjectServices, "store">, jobId: string): Promise<string> {
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
    const verdict = result.model.sha256 === reproduces.sha256 ? "agree, bit for bit, with" : "are others than";
    return `${result.reason}; the weights ${verdict} those of ${reproduces.model}`;
  }
  return result.state === "failed" ? result.error.detail : "cancelled on request";
}
