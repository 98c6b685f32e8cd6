/** What a job has done so far, over REST: a page of its events, or the columns of a range of its epochs. */
import { invalid, notFound } from "../domain/errors.ts";
import type { Job } from "../domain/job.ts";
import type { MetricPoints } from "../domain/ports.ts";
import type { Frame } from "./frames.ts";
import type { ProjectServices } from "./services.ts";

/** Most JSON in one page of events; a page holds at least one event. */
const PAGE_BYTES = 8 * 1024 * 1024;
/** Most epochs that one request may have read and thinned: their columns are in memory at once. */
export const MAX_RANGE_EPOCHS = 2_000_000;

export interface EventPage {
  readonly frames: readonly Frame[];
  readonly hasMore: boolean;
  /** The cursor of the next page. */
  readonly nextAfter: number;
}

/** The frames that a stream would send after `after`, at most `limit` of them. Throws not_found. */
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
  /** The newest epoch when it is left out or beyond. */
  readonly to?: number | undefined;
  /** About the most epochs in the answer. */
  readonly points: number;
}

/** Columns of a range of epochs, thinned to about `points` of them. */
export interface MetricReading extends MetricPoints {
  readonly from: number;
  /** `from - 1` when there is no epoch in the range. */
  readonly to: number;
  /** Epochs in the range. */
  readonly total: number;
}

/** The metrics of a range of epochs. Throws not_found, and invalid for a range that is too wide. */
export async function readMetrics(services: ProjectServices, jobId: string, range: MetricRange): Promise<MetricReading> {
  const { from, points } = range;
  const { epochsDone } = await existing(services, jobId);
  const to = Math.max(Math.min(range.to ?? epochsDone, epochsDone), from - 1);
  const total = to - from + 1;
  if (total > MAX_RANGE_EPOCHS) {
    const detail = `epochs ${from} to ${to} are more than the ${MAX_RANGE_EPOCHS} that one request may cover: ask for a narrower range`;
    throw invalid([{ pointer: "/to", detail }]);
  }
  const slices = total > 0 ? await services.store.readMetrics(jobId, from, to) : [];
  const { returned, json } = await services.desk.thinMetrics(slices, from, to, points);
  return { from, to, total, returned, json };
}

async function existing({ store }: ProjectServices, jobId: string): Promise<Job> {
  const job = await store.getJob(jobId);
  if (!job) throw notFound("job", jobId);
  return job;
}
