/**
 * Executes one attempt at one job, from its last checkpoint to its stored outcome. Never rejects: an error fails the job or
 * requeues it.
 */

import type { DatasetRows } from "../../domain/datasets/dataset.ts";
import type { NewCheckpoint } from "../../domain/jobs/checkpoint.ts";
import type { Job, JobError, JobState } from "../../domain/jobs/job.ts";
import type { Lease } from "../../domain/jobs/queue.ts";
import type { MetricChunk } from "../../domain/metrics/metric.ts";
import { errorTypeOf } from "../../domain/operation/tracing.ts";
import type { TrainingObserver, TrainingResult, TrainingRun } from "../../domain/ports.ts";
import { splitColumnOf } from "../../domain/spec/split.ts";
import type { ProjectServices, Services } from "../services.ts";
import { type EpochSpans, startRunSpan, traceEpochs } from "../trace-run.ts";
import { finish, isStorageFull, requeueOrPause, retry, waitForRoom } from "./job-outcome.ts";
import { type StopSignals, type Watch, watch } from "./stop-signals.ts";

const INTERNAL: JobError = {
  code: "internal",
  detail: "internal error; see the server log under this job's id",
  epoch: null,
};

const LEASE_ENDED = "its worker has reached the longest lease";

export interface Attempt {
  /** Aborted when the server stops: the job writes a checkpoint and is requeued. */
  readonly stopping: AbortSignal;
  /** Aborted when there is no time left for that: the job is requeued at its last stored checkpoint. */
  readonly deadline: AbortSignal;
  /** Delay before the first retry after a crash. */
  readonly backoffMs: number;
  /** Called when the thread is free and little memory is left of the run, while its outcome is stored. */
  readonly onTrained: () => void;
  /** The lease under which this process runs the job. */
  readonly lease: Pick<Lease, "lost" | "expiring">;
}

/** Runs a claimed job. Returns true when its end is stored, or is left to another worker. */
export async function execute(services: Services, job: Job, options: Attempt): Promise<boolean> {
  const { log, tracing } = services;
  const startedAt = performance.now();
  const span = startRunSpan(tracing, job);
  return tracing.within(span, async () => {
    services.bus.publish(job.id, job.lastSeq);
    log.info({ job_id: job.id, attempt: job.attempt }, "job started");
    try {
      const state = await attempt(services, job, options, traceEpochs(tracing, span));
      log.info({ job_id: job.id, attempt: job.attempt, state, ms: Math.round(performance.now() - startedAt) }, "job ended");
      span.end({ attributes: { "trainyard.job.state": state }, errorType: state === "failed" ? "failed" : null });
      return true;
    } catch (err) {
      span.end({ errorType: errorTypeOf(err) });
      // The outcome could not be stored: the job stays as it is until the next start, or until its lease has lapsed.
      log.error({ err, job_id: job.id }, "cannot store the outcome of the job");
      return false;
    }
  });
}

/** How an attempt ended. `died` means that its thread crashed; the job may be retried. */
type End = TrainingResult | { readonly state: "died"; readonly detail: string };

/** Returns the state in which the attempt left the job. */
async function attempt(services: Services, job: Job, options: Attempt, epochs: EpochSpans): Promise<JobState | "lost"> {
  const { stopping, deadline, backoffMs, lease } = options;
  if (stopping.aborted) return requeueOrPause(services, job);
  const signals: StopSignals = { cancel: new AbortController(), stop: new AbortController() };
  const watching = watch(services, job, signals);
  const onStop = () => signals.stop.abort("stop");
  const onDeadline = () => signals.cancel.abort();
  const ended = new AbortController();
  const on = (signal: AbortSignal, listener: () => void) =>
    signal.addEventListener("abort", listener, { signal: ended.signal });
  on(stopping, onStop);
  on(lease.expiring, onStop);
  on(deadline, onDeadline);
  on(lease.lost, onDeadline);
  try {
    const end = await train(services, job, signals, watching, epochs).catch((err: unknown): End => {
      if (isStorageFull(err)) throw err;
      services.log.error({ err, job_id: job.id }, "the job failed with an internal error");
      return { state: "failed", metrics: null, error: INTERNAL };
    });
    // Training has ended: from here on only the store decides what becomes of a cancellation.
    watching.end();
    if (end.state === "succeeded" && end.last) epochs.trained(end.last);
    epochs.end();
    if (end.state === "died") return await retry(services, job, end.detail, backoffMs);
    // The worker that holds the lease now decides what happens to the job.
    if (end.state === "cancelled" && lease.lost.aborted) return "lost";
    const why = lease.expiring.aborted && !stopping.aborted ? LEASE_ENDED : undefined;
    if (end.state === "stopped" || (end.state === "cancelled" && deadline.aborted))
      return await requeueOrPause(services, job, why);
    const finished = finish(services, job, end);
    if (isSmall(end)) options.onTrained();
    return await finished;
  } catch (err) {
    if (!isStorageFull(err)) throw err;
    services.log.warn({ err, job_id: job.id }, "the disk has no room for the results of the job: it waits");
    return await waitForRoom(services, job, stopping);
  } finally {
    ended.abort();
    watching.end();
  }
}

/** Maximum bytes of weights that wait for the store while the next job runs. */
const SMALL_BYTES = 256 * 1024;

function isSmall(end: TrainingResult): boolean {
  return end.state !== "succeeded" || end.weights.data.byteLength <= SMALL_BYTES;
}

/** Trains the job in a thread. Rejects on errors of the server, such as those of the store. */
async function train(services: Services, job: Job, signals: StopSignals, watching: Watch, epochs: EpochSpans): Promise<End> {
  const { trainingPool, log } = services;
  const { observer, failure } = observe(services, job, signals, watching, epochs);
  const run = await runOf(services, job);
  const end = await trainingPool.train(run, observer).catch((err: Error): End => {
    log.error({ err, job_id: job.id }, "the training thread crashed");
    return { state: "died", detail: err.message };
  });
  if (failure.first !== null) throw failure.first;
  return end;
}

/** Reads everything that the thread needs for an attempt. */
async function runOf(services: Services, job: Job): Promise<TrainingRun> {
  const { store } = services;
  // A first attempt has no checkpoint to begin with.
  const last = job.attempt > 1 ? await store.checkpoints.getLast(job.id) : null;
  const [payload, dataset, checkpoint] = await Promise.all([
    store.jobs.readPayload(job.id),
    readDataset(services, job),
    last && store.checkpoints.read(last.id),
  ]);
  return { job, payload, dataset, checkpoint };
}

/** Stores the thread's epochs and checkpoints. Cancels the run when another attempt has the job, or the store fails. */
function observe(
  { store, frames, bus, log }: Services,
  job: Job,
  { cancel, stop }: StopSignals,
  { stored }: Watch,
  epochs: EpochSpans,
): { readonly observer: TrainingObserver; readonly failure: { first: unknown } } {
  const failure: { first: unknown } = { first: null };
  const onEpochs = async (chunk: MetricChunk): Promise<void> => {
    if (failure.first !== null) return;
    epochs.trained(chunk);
    try {
      const seq = await store.metrics.append(job.id, job.attempt, chunk);
      if (seq === null) return cancel.abort();
      // Before the hint: readers that it wakes find the chunk here and need not read the store.
      frames.add(job.id, seq, chunk);
      stored(seq);
      bus.publish(job.id, seq);
    } catch (error) {
      failure.first = error;
      cancel.abort();
    }
  };
  const onCheckpoint = async (checkpoint: NewCheckpoint): Promise<void> => {
    // A checkpoint must not exist without the epochs before it.
    if (failure.first !== null) return;
    try {
      const stored = await store.checkpoints.insert(job.id, job.attempt, Date.now(), checkpoint);
      if (stored === null) cancel.abort();
    } catch (err) {
      // The job goes on: resuming from an earlier checkpoint leads to the same weights.
      log.warn({ err, job_id: job.id, epoch: checkpoint.epoch }, "cannot store a checkpoint");
    }
  };
  return { observer: { takesLast: true, onEpochs, onCheckpoint, signal: cancel.signal, stop: stop.signal }, failure };
}

/** Reads the columns that the job trains on; null when its rows do not come from a data set. */
export async function readDataset({ store }: Pick<ProjectServices, "store">, { spec }: Job): Promise<DatasetRows | null> {
  if (!("dataset" in spec.data)) return null;
  const { id, features, target, weights } = spec.data.dataset;
  const dataset = await store.datasets.get(id);
  if (!dataset) throw new Error(`the data set ${id} does not exist`);
  const others = [splitColumnOf(spec.split)?.name ?? [], weights ?? []].flat();
  const values = await store.datasets.readColumns(id, [...new Set([...features, ...target, ...others])]);
  return { rows: dataset.rows, sha256: dataset.sha256, columns: dataset.columns, values };
}
