/** Execute: one attempt at one job, from its payload to its stored outcome. Never rejects; what goes wrong fails the job. */
import type { DatasetRows } from "../domain/dataset.ts";
import { createId } from "../domain/id.ts";
import type { Job, JobError } from "../domain/job.ts";
import type { MetricSlice } from "../domain/metric.ts";
import type { Outcome, TrainingResult } from "../domain/ports.ts";
import { modelNameOf } from "../domain/registry.ts";
import { coalesce } from "./coalesce.ts";
import type { Services } from "./services.ts";

const INTERNAL: JobError = {
  code: "internal",
  detail: "the server failed; its log says how, under this job's id",
  epoch: null,
};

/** Runs a job that was claimed. Aborting `stopping` puts it back into the queue. */
export async function execute(services: Services, job: Job, stopping: AbortSignal): Promise<void> {
  const { log } = services;
  const startedAt = performance.now();
  services.bus.publish(job.id);
  log.info({ job_id: job.id, attempt: job.attempt }, "job started");
  try {
    const state = await attempt(services, job, stopping);
    log.info({ job_id: job.id, attempt: job.attempt, state, ms: Math.round(performance.now() - startedAt) }, "job ended");
  } catch (err) {
    // Nothing could be stored: the job stays as it is until the next start, which puts it back into the queue.
    log.error({ err, job_id: job.id }, "the end of the job cannot be stored");
  }
}

/** Returns the state in which the attempt left the job. */
async function attempt(services: Services, job: Job, stopping: AbortSignal): Promise<string> {
  const abort = new AbortController();
  const unwatch = watch(services, job, abort);
  const stop = () => abort.abort();
  stopping.addEventListener("abort", stop);
  if (stopping.aborted) stop();
  try {
    const result = await train(services, job, abort).catch((err: unknown): TrainingResult => {
      services.log.error({ err, job_id: job.id }, "the job failed for a reason of the server's");
      return { state: "failed", metrics: null, error: INTERNAL };
    });
    if (result.state === "cancelled" && stopping.aborted && (await putBack(services, job))) return "queued";
    return await finish(services, job, result);
  } finally {
    stopping.removeEventListener("abort", stop);
    unwatch();
  }
}

/** Aborts the run when the job is no longer this attempt's to run: it was cancelled, or taken away. Returns what ends that. */
function watch({ store, bus, log }: Services, { id, attempt }: Job, abort: AbortController): () => void {
  const look = coalesce(async () => {
    if (abort.signal.aborted) return;
    const job = await store.getJob(id);
    if (job?.state !== "running" || job.attempt !== attempt) abort.abort();
  });
  const wake = (): void => {
    look().catch((err: unknown) => log.error({ err, job_id: id }, "cannot see whether the job was cancelled"));
  };
  const unsubscribe = bus.subscribe(id, wake);
  // It may have been cancelled before the subscription.
  wake();
  return unsubscribe;
}

/** Rejects for reasons of the server's. */
async function train(services: Services, job: Job, abort: AbortController): Promise<TrainingResult> {
  const { store, bus, trainers, log } = services;
  let trouble: unknown = null;
  const onEpochs = async (slice: MetricSlice): Promise<void> => {
    if (trouble !== null) return;
    try {
      const seq = await store.appendMetrics(job.id, job.attempt, slice);
      if (seq === null) abort.abort();
      else bus.publish(job.id);
    } catch (error) {
      trouble = error;
      abort.abort();
    }
  };
  const [payload, dataset] = await Promise.all([store.readPayload(job.id), readDataset(services, job)]);
  const onCheckpoint = () => Promise.resolve();
  const observer = { onEpochs, onCheckpoint, signal: abort.signal, stop: new AbortController().signal };
  const result = await trainers
    .train({ job, payload, dataset, checkpoint: null }, observer)
    .catch((err: Error): TrainingResult => {
      log.error({ err, job_id: job.id }, "the training thread died");
      return { state: "failed", metrics: null, error: { code: "worker_died", detail: err.message, epoch: null } };
    });
  if (trouble !== null) throw trouble;
  return result;
}

/** The columns that the job trains on; null where its rows come from elsewhere. */
async function readDataset({ store }: Services, { spec }: Job): Promise<DatasetRows | null> {
  if (!("dataset" in spec.data)) return null;
  const { id, features, target, weights } = spec.data.dataset;
  const dataset = await store.getDataset(id);
  if (!dataset) throw new Error(`the data set ${id} is gone`);
  const splitColumn = spec.split && "column" in spec.split ? [spec.split.column] : [];
  const weightColumn = weights === null ? [] : [weights];
  const values = await store.readDatasetColumns(id, [...new Set([...features, ...target, ...splitColumn, ...weightColumn])]);
  return { rows: dataset.rows, sha256: dataset.sha256, columns: dataset.columns, values };
}

async function putBack({ store, bus }: Services, { id }: Job): Promise<boolean> {
  const to = { state: "queued", at: Date.now(), reason: "the server was stopped" } as const;
  const job = await store.transition(id, { from: ["running"], to });
  if (job) bus.publish(id);
  return job !== null;
}

async function finish({ store, bus, log }: Services, job: Job, result: TrainingResult): Promise<string> {
  const outcome = outcomeOf(job, result);
  const finished = await store.finishJob(job.id, job.attempt, Date.now(), reasonOf(job, result), outcome);
  bus.publish(job.id);
  if (finished) return finished.state;
  log.warn({ job_id: job.id, attempt: job.attempt }, "the job was taken away from this attempt; its result is dropped");
  return "lost";
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
