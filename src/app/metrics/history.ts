/** Reads the history of a job for REST: a page of its events, or the metrics of a range of its epochs. */
import { notFound } from "../../domain/errors.ts";
import type { Job } from "../../domain/jobs/job.ts";
import { isBlockAligned, type Rows } from "../../domain/metrics/downsampling.ts";
import type { Series } from "../../domain/metrics/metric.ts";
import type { MetricPoints } from "../../domain/ports.ts";
import type { ProjectServices } from "../services.ts";
import type { Frame } from "./frames.ts";

/** Maximum bytes of JSON in a page of events; a page holds at least one event. */
const PAGE_BYTES = 8 * 1024 * 1024;
/** Epochs that are read and downsampled at a time; their columns are in memory together. */
const BATCH_EPOCHS = 1_000_000;

export interface EventPage {
  readonly frames: readonly Frame[];
  readonly hasMore: boolean;
  /** The cursor of the next page. */
  readonly nextAfter: number;
}

/** Returns the frames that a stream would send after `after`, at most `limit` of them. Throws not_found. */
export async function readEvents(
  services: ProjectServices,
  jobId: string,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<EventPage> {
  const { lastSeq } = await existing(services, jobId);
  const frames: Frame[] = [];
  let bytes = 0;
  let nextAfter = after;
  while (nextAfter < lastSeq && frames.length < limit && bytes < PAGE_BYTES) {
    const batch = await services.frames.read(jobId, nextAfter);
    if (batch.length === 0) break;
    for (const frame of batch.slice(0, limit - frames.length)) {
      frames.push(frame);
      bytes += frame.json.byteLength;
      nextAfter = frame.seq;
    }
  }
  return { frames, hasMore: nextAfter < lastSeq, nextAfter };
}

export interface MetricRange {
  readonly from: number;
  /** The last epoch, inclusive. Default and maximum: the newest epoch. */
  readonly to?: number | undefined;
  /** Approximate maximum number of epochs in the answer. */
  readonly points: number;
  /** The columns to return. Default: all. */
  readonly series?: readonly Series[] | undefined;
}

/** Columns of a range of epochs, downsampled to about `points` epochs. */
export interface MetricReading extends MetricPoints {
  readonly from: number;
  /** The last epoch, inclusive; `from - 1` when there is no epoch in the range. */
  readonly to: number;
  /** Epochs in the range. */
  readonly total: number;
}

/**
 * Returns the metrics of a range of epochs of any length. Reads and downsamples the range in batches, each with its share of
 * the points. Throws not_found.
 */
export async function readMetrics(services: ProjectServices, jobId: string, range: MetricRange): Promise<MetricReading> {
  const { from, points, series } = range;
  const { epochsDone, metrics } = await existing(services, jobId);
  const columns = series?.length ?? Object.keys(metrics?.final ?? {}).length;
  const to = Math.max(Math.min(range.to ?? epochsDone, epochsDone), from - 1);
  const total = to - from + 1;
  let reading: MetricPoints | null = null;
  for (let start = from; start <= to || !reading; start += BATCH_EPOCHS) {
    const end = Math.min(start + BATCH_EPOCHS - 1, to);
    const share = total > 0 ? Math.max(2, Math.floor((points * (end - start + 1)) / total)) : points;
    const { readMinMax, read: readAll } = services.store.metrics;
    const read = isBlockAligned(end - start + 1, columns, share) ? readMinMax : readAll;
    const chunks = total > 0 ? await read(jobId, start, end) : [];
    reading = await services.computePool.downsampleMetrics(only(chunks, series), start, end, share, reading);
  }
  return { from, to, total, ...reading };
}

/** Keeps only the wanted columns of the chunks. */
function only(chunks: readonly Rows[], wanted: readonly Series[] | undefined): readonly Rows[] {
  if (!wanted) return chunks;
  return chunks.map(({ series, ...rest }) => ({
    ...rest,
    series: Object.fromEntries(Object.entries(series).filter(([name]) => wanted.includes(name as Series))),
  }));
}

async function existing({ store }: ProjectServices, jobId: string): Promise<Job> {
  const job = await store.jobs.get(jobId);
  if (!job) throw notFound("job", jobId);
  return job;
}
