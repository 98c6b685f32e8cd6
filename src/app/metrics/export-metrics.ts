/** Exports the metrics of a job as one file. Reads and encodes a batch of epochs at a time, so that memory stays bounded. */
import { notFound, TrainyardError } from "../../domain/errors.ts";
import type { Job } from "../../domain/jobs/job.ts";
import type { MetricChunk } from "../../domain/metrics/metric.ts";
import type { MetricsEncoding } from "../../domain/ports.ts";
import type { ProjectServices } from "../services.ts";

/** Epochs read and encoded at a time, and written to the socket in one turn. A batch holds whole chunks, and so may be a little longer. */
const BATCH_EPOCHS = 2048;

export interface MetricsFile {
  /** When the job first ran, or was submitted if it has not run; epoch milliseconds. */
  readonly startedAtMs: number;
  /** The bytes of the file, produced on demand; iterate once. */
  readonly chunks: AsyncGenerator<Uint8Array>;
}

/** Exports the epochs `from`..`to`, both inclusive, as CSV. `to` defaults to the newest epoch. Throws not_found. */
export async function exportCsv(
  services: ProjectServices,
  jobId: string,
  { from, to: last }: { readonly from: number; readonly to?: number | undefined },
): Promise<MetricsFile> {
  const { epochsDone, startedAtMs } = await begin(services, jobId);
  const to = Math.min(last ?? epochsDone, epochsDone);
  return {
    startedAtMs,
    chunks: encodeBatches(services, jobId, { from, to }, (isFirst) => ({ format: "csv", isFirst, from, to })),
  };
}

/** Exports all epochs so far as a TensorBoard event file. Throws not_found. */
export async function exportEvents(services: ProjectServices, jobId: string): Promise<MetricsFile> {
  const { epochsDone, startedAtMs, transitions } = await begin(services, jobId);
  const range = { from: 1, to: epochsDone };
  const changes = transitions.map(({ state, at }) => ({ state, atMs: at }));
  const chunks = encodeBatches(services, jobId, range, (isFirst, ranMs) => ({
    format: "tensorboard",
    ...{ isFirst, startedAtMs, changes, ranMs },
  }));
  return { startedAtMs, chunks };
}

async function begin(
  { store }: ProjectServices,
  jobId: string,
): Promise<Pick<Job, "epochsDone" | "transitions"> & { startedAtMs: number }> {
  const job = await store.jobs.get(jobId);
  if (!job) throw notFound("job", jobId);
  return { epochsDone: job.epochsDone, transitions: job.transitions, startedAtMs: job.startedAt ?? job.createdAt };
}

/** Yields the file of a range of epochs. Encodes at least one batch, even an empty one: the first begins the file. */
async function* encodeBatches(
  { store, computePool }: ProjectServices,
  jobId: string,
  { from, to }: { readonly from: number; readonly to: number },
  encodingOf: (isFirst: boolean, elapsedMs: number) => MetricsEncoding,
): AsyncGenerator<Uint8Array> {
  let next = from;
  let elapsedMs = 0;
  do {
    const chunks = await store.metrics.read(jobId, next, Math.min(next + BATCH_EPOCHS - 1, to));
    const last = chunks.at(-1);
    // Deleted while it is read: throw, so that the incomplete file does not look complete.
    if (!last && next <= to) throw await missing(store, jobId);
    const encoding = encodingOf(next === from, elapsedMs);
    elapsedMs += durationMs(chunks);
    next = (last?.to ?? to) + 1;
    yield await computePool.encodeMetrics(chunks, encoding);
  } while (next <= to);
}

/** The error for epochs that have disappeared: the job was deleted, or its metrics were. */
async function missing(store: ProjectServices["store"], jobId: string): Promise<TrainyardError> {
  if (!(await store.jobs.get(jobId))) return notFound("job", jobId);
  return new TrainyardError("not_found", `the metrics of job ${jobId} are no longer kept (TRAINYARD_RETAIN_METRICS_DAYS)`);
}

function durationMs(chunks: readonly MetricChunk[]): number {
  return chunks.reduce((total, { series }) => total + (series.epoch_ms?.reduce((sum, ms) => sum + ms, 0) ?? 0), 0);
}
