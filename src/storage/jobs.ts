/**
 * Queries on jobs: their record, their states and who runs next. Every change of state is one compare-and-set that appends
 * its event in the same transaction.
 */
import { type Kysely, sql, type Transaction, type UpdateObject } from "kysely";
import { isTerminal, type Job, TERMINAL_STATES, type Transition } from "../domain/job.ts";
import type { JobFilter, NewJob, OnQueued, Outcome, Page, PageRequest, TransitionRequest } from "../domain/ports.ts";
import type { TensorEntry, TensorSet } from "../domain/tensor.ts";
import { deleteTensors, readTensors, writeTensors } from "./blobs.ts";
import { lockedForUpdate, runSqlOn } from "./dialect.ts";
import { insertEvaluation } from "./evaluations.ts";
import { insertModel } from "./models.ts";
import { toPage } from "./page.ts";
import { metricsToJson, newJobRow, toJob } from "./rows.ts";
import type { JobsTable, Tables } from "./tables.ts";
import { insertDelivery } from "./webhooks.ts";

export async function insertJob(db: Kysely<Tables>, project: string, job: NewJob, onQueued?: OnQueued): Promise<Job> {
  const transition: Transition = { state: "queued", at: job.createdAt, reason: "submitted" };
  return await db.transaction().execute(async (transaction) => {
    const row = await transaction
      .insertInto("jobs")
      .values(newJobRow(job, project, transition))
      .returningAll()
      .executeTakeFirstOrThrow();
    await insertStateEvent(transaction, row, transition);
    if (job.payload) await writeTensors(transaction, job.id, job.payload);
    await onQueued?.(toJob(row), runSqlOn(transaction));
    return toJob(row);
  });
}

export async function getJob(db: Kysely<Tables>, id: string): Promise<Job | null> {
  const row = await db.selectFrom("jobs").selectAll().where("id", "=", id).executeTakeFirst();
  return row ? toJob(row) : null;
}

/** Those of every project when it is null. */
export async function listJobs(
  db: Kysely<Tables>,
  project: string | null,
  { state, name }: JobFilter,
  page: PageRequest,
): Promise<Page<Job>> {
  let query = db.selectFrom("jobs").selectAll().orderBy("id", "desc");
  if (project !== null) query = query.where("project", "=", project);
  if (state !== undefined) query = query.where("state", "=", state);
  if (name !== undefined) query = query.where("name", "=", name);
  if (page.after !== undefined) query = query.where("id", "<", page.after);
  return toPage(await query.limit(page.limit + 1).execute(), page.limit, toJob);
}

/** Null when the job is unknown or brought nothing along. */
export async function readPayload(db: Kysely<Tables>, jobId: string): Promise<TensorSet | null> {
  const row = await db.selectFrom("jobs").select("payload_entries").where("id", "=", jobId).executeTakeFirst();
  if (!row || row.payload_entries === null) return null;
  return readTensors(db, jobId, JSON.parse(row.payload_entries) as TensorEntry[]);
}

export async function transitionJob(
  db: Kysely<Tables>,
  id: string,
  { from, to }: TransitionRequest,
  onQueued?: OnQueued,
): Promise<Job | null> {
  return await db.transaction().execute(async (transaction) => {
    const row = await transaction
      .updateTable("jobs")
      .set(moved(to))
      .where("id", "=", id)
      .where("state", "in", from)
      .returningAll()
      .executeTakeFirst();
    if (!row) return null;
    await insertStateEvent(transaction, row, to);
    if (to.state === "queued") await onQueued?.(toJob(row), runSqlOn(transaction));
    return insertDelivery(transaction, toJob(row), row.project);
  });
}

export async function claimJob(db: Kysely<Tables>, at: number): Promise<Job | null> {
  const to: Transition = { state: "running", at, reason: "a worker took it" };
  return await db.transaction().execute(async (transaction) => {
    const row = await transaction
      .updateTable("jobs")
      .set((values) => ({
        ...moved(to),
        attempt: values("attempt", "+", 1),
        started_at: values.fn.coalesce("started_at", values.val(at)),
      }))
      .where("id", "=", (query) =>
        lockedForUpdate(db, query.selectFrom("jobs").select("id").where("state", "=", "queued").orderBy("id").limit(1)),
      )
      .where("state", "=", "queued")
      .returningAll()
      .executeTakeFirst();
    if (!row) return null;
    await insertStateEvent(transaction, row, to);
    return toJob(row);
  });
}

export async function queuePosition(db: Kysely<Tables>, id: string): Promise<number | null> {
  const row = await db
    .selectFrom("jobs as job")
    .select((values) => [
      values
        .selectFrom("jobs as other")
        .select((inner) => inner.fn.countAll<number>().as("count"))
        .where("other.state", "=", "queued")
        .whereRef("other.id", "<", "job.id")
        .as("ahead"),
    ])
    .where("job.id", "=", id)
    .where("job.state", "=", "queued")
    .executeTakeFirst();
  return row ? (row.ahead ?? 0) : null;
}

export async function finishJob(
  db: Kysely<Tables>,
  id: string,
  attempt: number,
  to: Transition,
  outcome: Outcome,
): Promise<Job | null> {
  return await db.transaction().execute(async (transaction) => {
    const job = await transaction.selectFrom("jobs").select("reproduces").where("id", "=", id).executeTakeFirst();
    const makesModel = outcome.state === "succeeded" && job?.reproduces === null;
    const row = await transaction
      .updateTable("jobs")
      .set({ ...moved(to), ...outcomeColumns(outcome, makesModel) })
      .where("id", "=", id)
      .where("attempt", "=", attempt)
      .where("state", "in", ["running", "cancelling"])
      .returningAll()
      .executeTakeFirst();
    if (!row) return null;
    await insertStateEvent(transaction, row, to);
    if (!makesModel) return insertDelivery(transaction, toJob(row), row.project);
    const { version } = await insertModel(transaction, row.project, outcome.model, outcome.weights);
    if (outcome.evaluation) await insertEvaluation(transaction, outcome.model.id, outcome.evaluation);
    await transaction.updateTable("jobs").set({ model_version: version }).where("id", "=", id).execute();
    return insertDelivery(transaction, toJob({ ...row, model_version: version }), row.project);
  });
}

export async function deleteJob(db: Kysely<Tables>, id: string): Promise<boolean> {
  return await db.transaction().execute(async (transaction) => {
    // Its events and metrics go with it: they reference it with `on delete cascade`.
    const { numDeletedRows } = await transaction
      .deleteFrom("jobs")
      .where("id", "=", id)
      .where("state", "in", TERMINAL_STATES)
      .executeTakeFirstOrThrow();
    if (numDeletedRows === 0n) return false;
    await deleteTensors(transaction, id);
    return true;
  });
}

/** The columns of any change of state. The event that belongs to it takes the new `last_seq`. */
function moved(to: Transition): UpdateObject<Tables, "jobs"> {
  return {
    state: to.state,
    last_seq: sql<number>`last_seq + 1`,
    transitions: sql<string>`transitions || ${`,${JSON.stringify(to)}`}`,
    finished_at: isTerminal(to.state) ? to.at : null,
  };
}

function outcomeColumns(outcome: Outcome, makesModel: boolean): Partial<JobsTable> {
  const metrics = outcome.metrics === null ? null : metricsToJson(outcome.metrics);
  if (outcome.state === "failed") return { metrics, error: JSON.stringify(outcome.error) };
  if (outcome.state === "cancelled") return { metrics };
  const { id, name, sha256 } = outcome.model;
  if (!makesModel) return { metrics, reproduced_sha256: sha256 };
  return { metrics, model_id: id, model_name: name, model_sha256: sha256 };
}

async function insertStateEvent(db: Transaction<Tables>, { id, last_seq }: JobsTable, to: Transition): Promise<void> {
  const event = { job_id: id, seq: last_seq, type: "state" as const, payload: JSON.stringify(to) };
  await db.insertInto("events").values(event).execute();
}
