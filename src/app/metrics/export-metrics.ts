/** Export metrics: every epoch of a job as one file, a stretch at a time, so that its length does not matter. */
import { notFound, TrainyardError } from "../../domain/errors.ts";
import type { MetricChunk } from "../../domain/metrics/metric.ts";
import type { MetricsEncoding } from "../../domain/ports.ts";
import type { ProjectServices } from "../services.ts";

/** Epochs read and encoded at a time; a stretch holds whole chunks, and so a little more. */
const STRETCH_EPOCHS = 8192;

export interface MetricsFile {
  /** When the job first ran, or was submitted where it has not; epoch milliseconds. */
  readonly startedAtMs: number;
  /** Read as they are asked for, to be read once. */
  readonly chunks: AsyncGenerator<Uint8Array>;
}

/** The epochs `from`..`to` as CSV: up to the newest one when `to` is left out. Throws not_found. */
export async function exportCsv(
  services: ProjectServices,
  jobId: string,
  { from, to: last }: { readonly from: number; readonly to?: number | undefined },
): Promise<MetricsFile> {
  const { epochsDone, startedAtMs } = await begin(services, jobId);
  const to = Math.min(last ?? epochsDone, epochsDone);
  return { startedAtMs, chunks: stretches(services, jobId, { from, to }, (isFirst) => ({ format: "csv", isFirst, from, to })) };
}

/** All epochs so far as a TensorBoard event file. Throws not_found. */
export async function exportEvents(services: ProjectServices, jobId: string): Promise<MetricsFile> {
  const { epochsDone, startedAtMs } = await begin(services, jobId);
  const range = { from: 1, to: epochsDone };
  const chunks = stretches(services, jobId, range, (isFirst, elapsedMs) => ({
    format: "tensorboard",
    isFirst,
    startedAtMs: startedAtMs + elapsedMs,
  }));
  return { startedAtMs, chunks };
}

async function begin({ store }: ProjectServices, jobId: string): Promise<{ epochsDone: number; startedAtMs: number }> {
  const job = await store.jobs.get(jobId);
  if (!job) throw notFound("job", jobId);
  return { epochsDone: job.epochsDone, startedAtMs: job.startedAt ?? job.createdAt };
}

/** The file of a range of epochs. At least one stretch is encoded, an empty one if need be: it begins the file. */
async function* stretches(
  { store, computePool }: ProjectServices,
  jobId: string,
  { from, to }: { readonly from: number; readonly to: number },
  encodingOf: (isFirst: boolean, elapsedMs: number) => MetricsEncoding,
): AsyncGenerator<Uint8Array> {
  let next = from;
  let elapsedMs = 0;
  do {
    const chunks = await store.metrics.read(jobId, next, Math.min(next + STRETCH_EPOCHS - 1, to));
    const last = chunks.at(-1);
    // Deleted while it is read: what was sent so far must not pass for the whole.
    if (!last && next <= to) throw await missing(store, jobId);
    const encoding = encodingOf(next === from, elapsedMs);
    elapsedMs += durationMs(chunks);
    next = (last?.to ?? to) + 1;
    yield await computePool.encodeMetrics(chunks, encoding);
  } while (next <= to);
}

/** Why epochs that were there are not. */
async function missing(store: ProjectServices["store"], jobId: string): Promise<TrainyardError> {
  if (!(await store.jobs.get(jobId))) return notFound("job", jobId);
  return new TrainyardError("not_found", `the metrics of job ${jobId} are no longer kept (TRAINYARD_RETAIN_METRICS_DAYS)`);
}

function durationMs(chunks: readonly MetricChunk[]): number {
  return chunks.reduce((total, { series }) => total + (series.epoch_ms?.reduce((sum, ms) => sum + ms, 0) ?? 0), 0);
}
