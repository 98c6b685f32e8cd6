/** Queries on a job's sequence of events and on the metric chunks that its metrics events reference. */
import type { Kysely, Transaction } from "kysely";
import { ATTEMPTED_STATES, type JobEvent, type JobState, type Transition } from "../../../domain/jobs/job.ts";
import { refreshesMetrics } from "../../../domain/jobs/job-values.ts";
import { addChunk } from "../../../domain/metrics/live-metrics.ts";
import { encodeChunk, type MetricChunk } from "../../../domain/metrics/metric.ts";
import type { EventsTable, Tables } from "../../tables.ts";
import { metricsFromJson, metricsToJson } from "../rows.ts";
import { laterOrNow } from "./due-values.ts";
import { insertFullWindows } from "./metrics.ts";
import { writeMetricValues } from "./values.ts";

/** The payload of a metrics event: the chunk and its size, by which a read limits its bytes. */
interface ChunkReference {
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
}

/** See MetricStore.append. The compare-and-set on `epochs_done` keeps the epochs gapless. */
export async function appendMetrics(
  db: Kysely<Tables>,
  id: string,
  attempt: number,
  chunk: MetricChunk,
): Promise<number | null> {
  return await db.transaction().execute((transaction) => appendChunk(transaction, id, attempt, chunk));
}

/** Does the same within a transaction. */
export async function appendChunk(
  db: Transaction<Tables>,
  id: string,
  attempt: number,
  chunk: MetricChunk,
): Promise<number | null> {
  const columns = encodeChunk(chunk);
  const reference: ChunkReference = { from: chunk.from, to: chunk.to, bytes: columns.byteLength };
  const known = await db.selectFrom("jobs").select("metrics").where("id", "=", id).executeTakeFirst();
  const values = addChunk(known?.metrics ? metricsFromJson(known.metrics) : null, chunk);
  const metrics = metricsToJson(values);
  const row = await db
    .updateTable("jobs")
    .set((column) => ({ epochs_done: chunk.to, last_seq: column("last_seq", "+", 1), metrics }))
    .where("id", "=", id)
    .where("attempt", "=", attempt)
    .where("state", "in", ATTEMPTED_STATES)
    .where("epochs_done", "=", chunk.from - 1)
    .returning(["last_seq", "project"])
    .executeTakeFirst();
  if (!row) return seqOfKnown(db, id, attempt, chunk, reference);
  await db
    .insertInto("metric_chunks")
    .values({ job_id: id, first_epoch: chunk.from, last_epoch: chunk.to, attempt, columns })
    .execute();
  await insertFullWindows(db, id, chunk);
  if (refreshesMetrics(chunk.from, chunk.to))
    await laterOrNow(db, id, "metrics", () => writeMetricValues(db, row.project, id, values));
  await db
    .insertInto("events")
    .values({ job_id: id, seq: row.last_seq, type: "metrics", payload: JSON.stringify(reference) })
    .execute();
  return row.last_seq;
}

/**
 * Interprets an append that changed nothing. A late write of a run that has lost its job is expected: returns null. The newest
 * chunk once more comes from a caller that lost the answer: returns its sequence number. A gap in the epochs is a bug: throws.
 */
async function seqOfKnown(
  db: Kysely<Tables>,
  id: string,
  attempt: number,
  { from, to }: MetricChunk,
  reference: ChunkReference,
): Promise<number | null> {
  const job = await db.selectFrom("jobs").select(["state", "attempt", "epochs_done"]).where("id", "=", id).executeTakeFirst();
  if (job?.attempt !== attempt || !ATTEMPTED_STATES.includes(job.state as JobState)) return null;
  if (job.epochs_done === to) {
    const event = await db
      .selectFrom("events")
      .select("seq")
      .where("job_id", "=", id)
      .where("type", "=", "metrics")
      .where("payload", "=", JSON.stringify(reference))
      .orderBy("seq", "desc")
      .executeTakeFirst();
    if (event) return event.seq;
  }
  throw new Error(`epochs ${from} to ${to} of ${id} do not follow epoch ${job.epochs_done}`);
}

/** See EventStore.read. */
export async function readEvents(
  db: Kysely<Tables>,
  jobId: string,
  after: number,
  limit: number,
  maxBytes: number,
): Promise<JobEvent[]> {
  const rows = await db
    .selectFrom("events")
    .selectAll()
    .where("job_id", "=", jobId)
    .where("seq", ">", after)
    .orderBy("seq")
    .limit(limit)
    .execute();
  const chosen = withinBytes(rows, maxBytes);
  const references = chosen.flatMap(({ reference }) => (reference ? [reference] : []));
  const chunks = await readChunks(db, jobId, references);
  const isGone = references.some(({ from }) => !chunks.has(from)) && !(await jobExists(db, jobId));
  const events: JobEvent[] = [];
  for (const { row, reference } of chosen) {
    if (!reference) {
      events.push({ seq: row.seq, type: "state", ...(JSON.parse(row.payload) as Transition) });
      continue;
    }
    const columns = chunks.get(reference.from) ?? null;
    // The job was deleted between the two queries: return the events before the gap only.
    if (!columns && isGone) break;
    events.push({ seq: row.seq, type: "metrics", from: reference.from, to: reference.to, columns });
  }
  return events;
}

async function jobExists(db: Kysely<Tables>, jobId: string): Promise<boolean> {
  return (await db.selectFrom("jobs").select("id").where("id", "=", jobId).executeTakeFirst()) !== undefined;
}

function withinBytes(rows: readonly EventsTable[], maxBytes: number) {
  const chosen: { row: EventsTable; reference: ChunkReference | null }[] = [];
  let total = 0;
  for (const row of rows) {
    const reference = row.type === "metrics" ? (JSON.parse(row.payload) as ChunkReference) : null;
    total += reference?.bytes ?? 0;
    if (chosen.length > 0 && total > maxBytes) break;
    chosen.push({ row, reference });
  }
  return chosen;
}

async function readChunks(db: Kysely<Tables>, jobId: string, references: readonly ChunkReference[]) {
  const first = references[0];
  const last = references.at(-1);
  if (!first || !last) return new Map<number, Uint8Array<ArrayBuffer>>();
  const rows = await db
    .selectFrom("metric_chunks")
    .select(["first_epoch", "columns"])
    .where("job_id", "=", jobId)
    .where("first_epoch", ">=", first.from)
    .where("first_epoch", "<=", last.from)
    .execute();
  return new Map(rows.map((row) => [row.first_epoch, row.columns]));
}
