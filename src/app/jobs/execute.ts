/**
 * Execute: one attempt at one job, from where the last one came to its stored outcome. Never rejects; what goes wrong fails the
 * job or brings it back into the queue.
 */

import type { DatasetRows } from "../../domain/datasets/dataset.ts";
import type { NewCheckpoint } from "../../domain/jobs/checkpoint.ts";
import type { Job, JobError, JobState } from "../../domain/jobs/job.ts";
import type { Lease } from "../../domain/jobs/queue.ts";
import type { MetricChunk } from "../../domain/metrics/metric.ts";
import type { TrainingObserver, TrainingResult, TrainingRun } from "../../domain/ports.ts";
import { splitColumnOf } from "../../domain/spec/split.ts";
import type { Services } from "../services.ts";
import { finish, isStorageFull, requeueOrPause, retry, waitForRoom } from "./job-outcome.ts";
import { type StopSignals, watch } from "./stop-signals.ts";

const INTERNAL: JobError = {
  code: "internal",
  detail: "the server failed; its log says how, under this job's id",
  epoch: null,
};

const LEASE_ENDED = "its worker has had it for as long as one may";

export interface Attempt {
  /** Aborted: the server stops. The job writes a checkpoint and goes back into the queue. */
  readonly stopping: AbortSignal;
  /** Aborted: it has no time for that any more. The job goes back into the queue as of its last checkpoint. */
  readonly deadline: AbortSignal;
  /** The first wait after a crash. */
  readonly backoffMs: number;
  /** The right to the job. */
  readonly hold: Pick<Lease, "lost" | "expiring">;
}

/** Runs a job that was claimed. Returns whether its end is stored, or is another's to store. */
export async function execute(services: Services, job: Job, options: Attempt): Promise<boolean> {
  const { log } = services;
  const startedAt = performance.now();
  services.bus.publish(job.id, job.lastSeq);
  log.info({ job_id: job.id, attempt: job.attempt }, "job started");
  try {
    const state = await attempt(services, job, options);
    log.info({ job_id: job.id, attempt: job.attempt, state, ms: Math.round(performance.now() - startedAt) }, "job ended");
    return true;
  } catch (err) {
    // Nothing could be stored: the job stays as it is until the next start, or until its lease has lapsed.
    log.error({ err, job_id: job.id }, "the end of the job cannot be stored");
    return false;
  }
}

/** How an attempt ended: `died` is the end of its thread, not of the job. */
type End = TrainingResult | { readonly state: "died"; readonly detail: string };

/** Returns the state in which the attempt left the job. */
async function attempt(services: Services, job: Job, options: Attempt): Promise<JobState | "lost"> {
  const { stopping, deadline, backoffMs, hold } = options;
  if (stopping.aborted) return requeueOrPause(services, job);
  const signals: StopSignals = { cancel: new AbortController(), stop: new AbortController() };
  const unwatch = watch(services, job, signals);
  const onStop = () => signals.stop.abort("stop");
  const onDeadline = () => signals.cancel.abort();
  const heard = new AbortController();
  const on = (wish: AbortSignal, listener: () => void) => wish.addEventListener("abort", listener, { signal: heard.signal });
  on(stopping, onStop);
  on(hold.expiring, onStop);
  on(deadline, onDeadline);
  on(hold.lost, onDeadline);
  try {
    const end = await train(services, job, signals).catch((err: unknown): End => {
      if (isStorageFull(err)) throw err;
      services.log.error({ err, job_id: job.id }, "the job failed for a reason of the server's");
      return { state: "failed", metrics: null, error: INTERNAL };
    });
    if (end.state === "died") return await retry(services, job, end.detail, backoffMs);
    // Whoever has it now says what becomes of it.
    if (end.state === "cancelled" && hold.lost.aborted) return "lost";
    const why = hold.expiring.aborted && !stopping.aborted ? LEASE_ENDED : undefined;
    if (end.state === "stopped" || (end.state === "cancelled" && deadline.aborted))
      return await requeueOrPause(services, job, why);
    return await finish(services, job, end);
  } catch (err) {
    if (!isStorageFull(err)) throw err;
    services.log.warn({ err, job_id: job.id }, "there is no room for what the job comes to: it waits");
    return await waitForRoom(services, job, stopping);
  } finally {
    heard.abort();
    unwatch();
  }
}

/** Rejects for reasons of the server's. */
async function train(services: Services, job: Job, signals: StopSignals): Promise<End> {
  const { trainingPool, log } = services;
  const { observer, trouble } = observe(services, job, signals);
  const run = await runOf(services, job);
  const end = await trainingPool.train(run, observer).catch((err: Error): End => {
    log.error({ err, job_id: job.id }, "the training thread died");
    return { state: "died", detail: err.message };
  });
  if (trouble.first !== null) throw trouble.first;
  return end;
}

/** What the attempt begins with: everything that the thread needs. */
async function runOf(services: Services, job: Job): Promise<TrainingRun> {
  const { store } = services;
  const last = await store.checkpoints.getLast(job.id);
  const [payload, dataset, checkpoint] = await Promise.all([
    store.jobs.readPayload(job.id),
    readDataset(services, job),
    last && store.checkpoints.read(last.id),
  ]);
  return { job, payload, dataset, checkpoint };
}

/** Stores what comes from the thread, and ends the run when the job is no longer this attempt's, or the store fails. */
function observe(
  { store, frames, bus, log }: Services,
  job: Job,
  { cancel, stop }: StopSignals,
): { readonly observer: TrainingObserver; readonly trouble: { first: unknown } } {
  const trouble: { first: unknown } = { first: null };
  const onEpochs = async (chunk: MetricChunk): Promise<void> => {
    if (trouble.first !== null) return;
    try {
      const seq = await store.metrics.append(job.id, job.attempt, chunk);
      if (seq === null) return cancel.abort();
      // Before the hint: readers that it wakes find the chunk here, and ask the store for nothing.
      frames.add(job.id, seq, chunk);
      bus.publish(job.id, seq);
    } catch (error) {
      trouble.first = error;
      cancel.abort();
    }
  };
  const onCheckpoint = async (checkpoint: NewCheckpoint): Promise<void> => {
    // Of epochs that are not stored there must be no checkpoint.
    if (trouble.first !== null) return;
    try {
      const stored = await store.checkpoints.insert(job.id, job.attempt, Date.now(), checkpoint);
      if (stored === null) cancel.abort();
    } catch (err) {
      // An earlier one leads to the same weights.
      log.warn({ err, job_id: job.id, epoch: checkpoint.epoch }, "a checkpoint cannot be stored");
    }
  };
  return { observer: { onEpochs, onCheckpoint, signal: cancel.signal, stop: stop.signal }, trouble };
}

/** The columns that the job trains on; null where its rows come from elsewhere. */
async function readDataset({ store }: Services, { spec }: Job): Promise<DatasetRows | null> {
  if (!("dataset" in spec.data)) return null;
  const { id, features, target, weights } = spec.data.dataset;
  const dataset = await store.datasets.get(id);
  if (!dataset) throw new Error(`the data set ${id} is gone`);
  const others = [splitColumnOf(spec.split)?.name ?? [], weights ?? []].flat();
  const values = await store.datasets.readColumns(id, [...new Set([...features, ...target, ...others])]);
  return { rows: dataset.rows, sha256: dataset.sha256, columns: dataset.columns, values };
}
