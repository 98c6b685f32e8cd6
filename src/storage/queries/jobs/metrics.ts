/** Queries on the metrics of a job's epochs: all of them, or the minima and maxima that a chart may need. */
import type { Kysely } from "kysely";
import type { Rows } from "../../../domain/metrics/downsampling.ts";
import { decodeChunk, type MetricChunk } from "../../../domain/metrics/metric.ts";
import {
  clipped,
  decodeMinMax,
  encodeMinMax,
  minMaxEpochs,
  windowAt,
  windowsWithin,
} from "../../../domain/metrics/min-max-index.ts";
import type { Tables } from "../../tables.ts";

/** Maximum epochs (some megabytes) and chunks decoded at once on the event loop; at least one chunk is. */
const EPOCHS_PER_READ = 65_536;
const CHUNKS_PER_READ = 512;

/** See MetricStore.read. Reads a bounded number of chunks at a time. */
export async function readMetrics(db: Kysely<Tables>, jobId: string, from: number, to: number): Promise<MetricChunk[]> {
  const chunks: MetricChunk[] = [];
  let next = await firstChunk(db, jobId, from);
  while (next !== null && next <= to) {
    const end: number = Math.min(to, Math.max(next, from) + EPOCHS_PER_READ - 1);
    const rows = await db
      .selectFrom("metric_chunks")
      .select(["first_epoch", "last_epoch", "columns"])
      .where("job_id", "=", jobId)
      .where("first_epoch", ">=", next)
      .where("first_epoch", "<=", end)
      .orderBy("first_epoch")
      .limit(CHUNKS_PER_READ)
      .execute();
    for (const row of rows) {
      if (row.last_epoch >= from) chunks.push(decodeChunk(row.first_epoch, row.last_epoch, row.columns));
    }
    const last = rows.at(-1);
    next = last ? last.last_epoch + 1 : end < to ? end + 1 : null;
  }
  return chunks;
}

/** Returns the first epoch of the chunk that contains an epoch; the epoch itself if there is none. */
async function firstChunk(db: Kysely<Tables>, jobId: string, epoch: number): Promise<number | null> {
  const row = await db
    .selectFrom("metric_chunks")
    .select((values) => values.fn.max<number | null>("first_epoch").as("first"))
    .where("job_id", "=", jobId)
    .where("first_epoch", "<=", epoch)
    .executeTakeFirst();
  return row?.first ?? epoch;
}

/** See MetricStore.readMinMax. Windows without minima and maxima are read in full. */
export async function readMinMax(db: Kysely<Tables>, jobId: string, from: number, to: number): Promise<Rows[]> {
  const { start, end } = windowsWithin(from, to);
  const windows = await db
    .selectFrom("notable_epochs")
    .select(["first_epoch", "last_epoch", "columns"])
    .where("job_id", "=", jobId)
    .where("first_epoch", ">=", windowAt(start).from)
    .where("first_epoch", "<", windowAt(end).from)
    .orderBy("first_epoch")
    .execute();
  const rows: Rows[] = [];
  const readWhole = async (first: number, last: number): Promise<void> => {
    if (first > last) return;
    for (const chunk of await readMetrics(db, jobId, first, last)) rows.push(clipped(chunk, first, last));
  };
  let next = from;
  for (const window of windows) {
    await readWhole(next, window.first_epoch - 1);
    rows.push(decodeMinMax(window.first_epoch, window.last_epoch, window.columns));
    next = window.last_epoch + 1;
  }
  await readWhole(next, to);
  return rows;
}

/** Inserts the minima and maxima of the windows that a chunk has completed. Call it after the chunk was stored. */
export async function insertFullWindows(db: Kysely<Tables>, jobId: string, { from, to }: MetricChunk): Promise<void> {
  const { end } = windowsWithin(1, to);
  for (let position = windowsWithin(1, from - 1).end; position < end; position++) {
    const window = windowAt(position);
    const chunks = (await readMetrics(db, jobId, window.from, window.to)).map((each) => clipped(each, window.from, window.to));
    const columns = encodeMinMax(minMaxEpochs(chunks, window));
    await db
      .insertInto("notable_epochs")
      .values({ job_id: jobId, first_epoch: window.from, last_epoch: window.to, columns })
      .execute();
  }
}
