/**
 * Queries on jobs: their records and states. Every change of state is one compare-and-set that appends its event in the same
 * transaction. The order of the queue is in queue.ts.
 */
import type { Kysely, UpdateObject } from "kysely";
import { ATTEMPTED_STATES, type Job, type JobMetrics, TERMINAL_STATES, type Transition } from "../../../domain/jobs/job.ts";
import { type JobCursor, type JobOrder, readCursor, writeCursor } from "../../../domain/jobs/job-order.ts";
import type { JobFilter, NewJob, Outcome } from "../../../domain/jobs/job-store.ts";
import { specValues, tagValues } from "../../../domain/jobs/job-values.ts";
import type { OnQueued, QueueEntry } from "../../../domain/jobs/queue.ts";
import type { TransitionRequest } from "../../../domain/jobs/queue-order.ts";
import type { LabelChanges } from "../../../domain/labels.ts";
import { valuesOfEpoch } from "../../../domain/metrics/live-metrics.ts";
import type { Page, PageRequest } from "../../../domain/page.ts";
import type { TensorEntry, TensorSet } from "../../../domain/tensor.ts";
import { lockRows, runSqlOn } from "../../dialect.ts";
import type { JobsTable, Tables } from "../../tables.ts";
import { assertRoomForJob } from "../access/quotas.ts";
import { deleteTensors, readTensors, writeTensors } from "../blobs.ts";
import { assertDatasetIsThere } from "../datasets/datasets.ts";
import { insertEvaluation } from "../models/evaluations.ts";
import { insertModel } from "../models/models.ts";
import { insertDelivery } from "../operation/webhooks.ts";
import { bytesOf, toBoundedPage } from "../page.ts";
import { labelColumns, metricsFromJson, metricsToJson, newJobRow, readJobRow, readRows, toJob } from "../rows.ts";
import { eraseCheckpoints, hideCheckpoints } from "./checkpoints.ts";
import { laterOrNow } from "./due-values.ts";
import { appendChunk } from "./events.ts";
import { findJobs } from "./find.ts";
import { readMetrics } from "./metrics.ts";
import { queueColumns, queuedAt } from "./queue.ts";
import { insertStateEvent, transitionColumns } from "./state-changes.ts";
import { changedLabels, deleteValues, replaceTags, writeMetricValues, writeValues } from "./values.ts";

/** See JobStore.insert. */
export async function insertJob(db: Kysely<Tables>, project: string, job: NewJob, onQueued?: OnQueued): Promise<Job> {
  const { createdAt: at, traceparent } = job;
  const transition: Transition = { state: "queued", at, reason: "submitted", ...(traceparent && { traceparent }) };
  return await db.transaction().execute(async (transaction) => {
    if (job.within) await assertRoomForJob(transaction, project, job.within);
    await assertDatasetIsThere(transaction, job.spec);
    const row = await transaction
      .insertInto("jobs")
      .values(newJobRow(job, project, transition, await queuedAt(transaction, job.createdAt)))
      .returningAll()
      .executeTakeFirstOrThrow();
    await insertStateEvent(transaction, row, transition);
    await laterOrNow(transaction, row.id, "all", () =>
      writeValues(transaction, project, row.id, [...specValues(job.spec), ...tagValues(toJob(row).tags)]),
    );
    if (job.payload) await writeTensors(transaction, job.id, job.payload);
    await onQueued?.(entryOf(row), runSqlOn(transaction));
    return toJob(row);
  });
}

/** See JobStore.get. */
export async function getJob(db: Kysely<Tables>, id: string): Promise<Job | null> {
  const row = await db.selectFrom("jobs").selectAll().where("id", "=", id).executeTakeFirst();
  return row ? await readJobRow(row) : null;
}

/** Whether jobs are found, or ordered, by their values: a state or a name alone uses an index of the jobs, however many there are. */
export function asksValues({ conditions = [], order = NEWEST_FIRST }: JobFilter): boolean {
  return conditions.length > 0 || order.by !== null;
}

/** See JobStore.list. Lists the jobs of every project, newest first, when `project` is null. */
export async function listJobs(
  db: Kysely<Tables>,
  project: string | null,
  { state, name, conditions = [], order = NEWEST_FIRST }: JobFilter,
  page: PageRequest,
): Promise<Page<Job>> {
  const after = page.after === undefined ? null : readCursor(page.after, order);
  if (!asksValues({ conditions, order })) return byAge(db, project, { state, name, order }, after, page.limit);
  if (project === null) throw new Error("what jobs are found by is of one project");
  const found = await findJobs(db, { project, state, name, conditions, order, after, limit: page.limit + 1 });
  const cursors = new Map(found.map((cursor) => [cursor.id, cursor]));
  const ids = [...cursors.keys()];
  const rows = {
    sizes: async (count: number) => {
      if (count === 0 || ids.length === 0) return [];
      const sizes = await db
        .selectFrom("jobs")
        .select(["id", bytesOf("spec")])
        .where("id", "in", ids)
        .where("project", "=", project)
        .execute();
      const byId = new Map(sizes.map(({ id, bytes }) => [id, bytes]));
      return ids.map((id) => ({ bytes: byId.get(id) ?? 0 }));
    },
    read: async (count: number) => {
      const read = await db
        .selectFrom("jobs")
        .selectAll()
        .where("id", "in", ids.slice(0, count))
        .where("project", "=", project)
        .execute();
      const byId = new Map(read.map((row) => [row.id, row]));
      // Leave out a job that was deleted in the meantime.
      return ids.slice(0, count).flatMap((id) => byId.get(id) ?? []);
    },
  };
  const { data, hasMore, nextAfter } = await toBoundedPage(rows, page.limit);
  const last = nextAfter === null ? undefined : cursors.get(nextAfter);
  return { data: await readRows(data, readJobRow), hasMore, nextAfter: last ? writeCursor(last, order) : null };
}

const NEWEST_FIRST: JobOrder = { text: "-created_at", descends: true, by: null };

/** A page of the jobs of a project, or of all projects, in the order of their creation. */
async function byAge(
  db: Kysely<Tables>,
  project: string | null,
  { state, name, order }: Pick<JobFilter, "state" | "name"> & { readonly order: JobOrder },
  after: JobCursor | null,
  limit: number,
): Promise<Page<Job>> {
  let query = db.selectFrom("jobs").orderBy("id", order.descends ? "desc" : "asc");
  if (project !== null) query = query.where("project", "=", project);
  if (state !== undefined) query = query.where("state", "=", state);
  if (name !== undefined) query = query.where("name", "=", name);
  if (after !== null) query = query.where("id", order.descends ? "<" : ">", after.id);
  const rows = {
    sizes: (count: number) => query.select(bytesOf("spec")).limit(count).execute(),
    read: async (count: number) => readRows(await query.selectAll().limit(count).execute(), readJobRow),
  };
  return toBoundedPage(rows, limit);
}

/** See JobStore.label. */
export async function labelJob(db: Kysely<Tables>, id: string, changes: LabelChanges): Promise<Job | null> {
  return await db.transaction().execute(async (transaction) => {
    const row = await lockRows(transaction, transaction.selectFrom("jobs").selectAll().where("id", "=", id)).executeTakeFirst();
    if (!row) return null;
    const labels = changedLabels(row, changes);
    const columns = labelColumns(labels);
    await transaction.updateTable("jobs").set(columns).where("id", "=", id).execute();
    if (changes.tags) await replaceTags(transaction, row.project, id, toJob(row).tags, labels.tags);
    return toJob({ ...row, ...columns });
  });
}

/** See JobStore.readPayload. Returns null when the job is unknown or has no payload. */
export async function readPayload(db: Kysely<Tables>, id: string): Promise<TensorSet | null> {
  const row = await db.selectFrom("jobs").select("payload_entries").where("id", "=", id).executeTakeFirst();
  if (!row || row.payload_entries === null) return null;
  return readTensors(db, { id, entries: JSON.parse(row.payload_entries) as TensorEntry[] }, () => getJob(db, id));
}

/** See JobStore.transition. */
export async function transitionJob(
  db: Kysely<Tables>,
  id: string,
  request: TransitionRequest,
  onQueued?: OnQueued,
): Promise<Job | null> {
  const { from, to, attempt, died = false } = request;
  return await db.transaction().execute(async (transaction) => {
    const columns = to.state === "queued" ? await queueColumns(transaction, request) : {};
    let update = transaction
      .updateTable("jobs")
      .set((values) => ({ ...transitionColumns(to), ...columns, ...(died && { deaths: values("deaths", "+", 1) }) }))
      .where("id", "=", id)
      .where("state", "in", from);
    if (attempt !== undefined) update = update.where("attempt", "=", attempt);
    const row = await update.returningAll().executeTakeFirst();
    if (!row) return null;
    await insertStateEvent(transaction, row, to);
    if (to.state === "queued") await onQueued?.(entryOf(row), runSqlOn(transaction));
    return insertDelivery(transaction, toJob(row), row.project);
  });
}

function entryOf(row: JobsTable): QueueEntry {
  return { job: toJob(row), queueKey: row.queue_key, notBefore: row.not_before };
}

/** See JobStore.finish. */
export async function finishJob(
  db: Kysely<Tables>,
  id: string,
  attempt: number,
  to: Transition,
  outcome: Outcome,
): Promise<Job | null> {
  return await db.transaction().execute(async (transaction) => {
    const last = outcome.state === "succeeded" ? outcome.last : undefined;
    if (last && (await appendChunk(transaction, id, attempt, last)) === null) return null;
    const job = await transaction.selectFrom("jobs").select(["reproduces", "metrics"]).where("id", "=", id).executeTakeFirst();
    const makesModel = outcome.state === "succeeded" && job?.reproduces === null;
    const metrics = await metricsOfOutcome(transaction, id, job?.metrics ? metricsFromJson(job.metrics) : null, outcome);
    const row = await transaction
      .updateTable("jobs")
      .set({ ...transitionColumns(to), ...outcomeColumns(outcome, metrics, makesModel) })
      .where("id", "=", id)
      .where("attempt", "=", attempt)
      .where("state", "in", ATTEMPTED_STATES)
      .returningAll()
      .executeTakeFirst();
    if (!row) return null;
    await insertStateEvent(transaction, row, to);
    if (metrics) await laterOrNow(transaction, id, "metrics", () => writeMetricValues(transaction, row.project, id, metrics));
    if (!makesModel) return insertDelivery(transaction, toJob(row), row.project);
    const model = { ...outcome.model, metrics: metrics ?? outcome.metrics };
    const { version } = await insertModel(transaction, row.project, model, outcome.weights);
    if (outcome.evaluation) await insertEvaluation(transaction, outcome.model.id, outcome.evaluation);
    await transaction.updateTable("jobs").set({ model_version: version }).where("id", "=", id).execute();
    return insertDelivery(transaction, toJob({ ...row, model_version: version }), row.project);
  });
}

/** See JobStore.delete. */
export async function deleteJob(db: Kysely<Tables>, id: string): Promise<boolean> {
  const checkpoints = await db.transaction().execute(async (transaction) => {
    // Events and metrics are deleted with the job: they reference it with `on delete cascade`.
    const row = await transaction
      .deleteFrom("jobs")
      .where("id", "=", id)
      .where("state", "in", TERMINAL_STATES)
      .returningAll()
      .executeTakeFirst();
    if (!row) return null;
    await deleteValues(transaction, toJob(row));
    await deleteTensors(transaction, id);
    return hideCheckpoints(transaction, id);
  });
  await eraseCheckpoints(db, checkpoints ?? []);
  return checkpoints !== null;
}

/**
 * Returns the metrics of a job that ends: those of the stored epochs, because an attempt that resumed from a checkpoint has other
 * times for the same epochs. The outcome says which epoch has the model's weights.
 */
async function metricsOfOutcome(
  db: Kysely<Tables>,
  id: string,
  stored: JobMetrics | null,
  { state, metrics }: Outcome,
): Promise<JobMetrics | null> {
  if (stored === null || metrics === null || state !== "succeeded") return stored ?? metrics;
  const { epoch } = metrics.best;
  const [chunk] = epoch === undefined ? [] : await readMetrics(db, id, epoch, epoch);
  const best = chunk && epoch !== undefined ? valuesOfEpoch(chunk, epoch) : metrics.best;
  return { final: stored.final, best, lowest: stored.best };
}

function outcomeColumns(outcome: Outcome, metrics: JobMetrics | null, makesModel: boolean): UpdateObject<Tables, "jobs"> {
  if (outcome.state !== "succeeded") {
    const columns = { metrics: metrics && metricsToJson(metrics) };
    return outcome.state === "failed" ? { ...columns, error: JSON.stringify(outcome.error) } : columns;
  }
  const { id, name, sha256, score } = outcome.model;
  const columns = { metrics: metrics && metricsToJson(metrics, score) };
  if (!makesModel) return { ...columns, reproduced_sha256: sha256 };
  return { ...columns, model_id: id, model_name: name, model_sha256: sha256 };
}
