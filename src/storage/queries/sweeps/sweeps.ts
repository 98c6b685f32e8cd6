/** Queries on sweeps: their records, states and events. Chunks are in chunks.ts, trials in trials.ts. */
import { type Kysely, sql, type Transaction, type UpdateObject } from "kysely";
import { TrainyardError } from "../../../domain/errors.ts";
import type { LabelChanges } from "../../../domain/labels.ts";
import type { Page, PageRequest } from "../../../domain/page.ts";
import {
  ENDED_STATES,
  isEnded,
  OPEN_STATES,
  type Sweep,
  type SweepEvent,
  type SweepState,
  type SweepTransition,
} from "../../../domain/sweeps/sweep.ts";
import type { NewSweep, SweepFilter } from "../../../domain/sweeps/sweep-store.ts";
import { lockRows } from "../../dialect.ts";
import type { SweepsTable, Tables } from "../../tables.ts";
import { deleteTensors, readBytes, writeBytes } from "../blobs.ts";
import { assertDatasetIsThere } from "../datasets/datasets.ts";
import { changedLabels } from "../jobs/values.ts";
import { bytesOf, toBoundedPage } from "../page.ts";
import { labelColumns, readRows } from "../rows.ts";
import { newSweepRow, progressOf, readSweepRow, toSweep, toSweepEvent } from "./rows.ts";

/** Trials and events deleted in one transaction. */
const ROWS_PER_DELETION = 2000;

/** See SweepStore.insert. */
export async function insertSweep(db: Kysely<Tables>, project: string, sweep: NewSweep): Promise<Sweep> {
  const { createdAt: at, traceparent } = sweep;
  const transition: SweepTransition = { state: "queued", at, reason: "submitted", ...(traceparent && { traceparent }) };
  const row = newSweepRow(sweep, project, transition);
  return await db.transaction().execute(async (transaction) => {
    if (sweep.within) await assertRoomForSweep(transaction, project, sweep.within.queuedJobs);
    await assertDatasetIsThere(transaction, sweep.spec.job);
    await transaction.insertInto("sweeps").values(row).execute();
    await writeBytes(transaction, sweep.id, sweep.source);
    await insertPlanningChunk(transaction, sweep.id, row.last_chunk);
    await insertStateEvent(transaction, row, transition);
    return toSweep(row);
  });
}

/** Throws rate_limited if the project has as many unfinished sweeps as it may have waiting jobs. */
async function assertRoomForSweep(db: Transaction<Tables>, project: string, limit: number): Promise<void> {
  const open = db
    .selectFrom("sweeps")
    .select("id")
    .where("project", "=", project)
    .where("state", "in", OPEN_STATES)
    .limit(limit);
  const { count } = await db
    .selectFrom(open.as("open"))
    .select((values) => values.fn.countAll<number>().as("count"))
    .executeTakeFirstOrThrow();
  if (Number(count) < limit) return;
  const detail = `${project} has ${limit} sweeps that have not ended, which is the maximum (TRAINYARD_PROJECT_QUEUED_JOBS): submit again when some have ended, or cancel some`;
  throw new TrainyardError("rate_limited", detail);
}

/** Inserts the chunk that stands for the planning of the next generation. */
export async function insertPlanningChunk(db: Transaction<Tables>, sweep_id: string, number: number): Promise<void> {
  const chunk = { sweep_id, number, trials: "[]", size: 0, done: 0, crashes: 0, lease: null, leased_until: null };
  await db.insertInto("sweep_chunks").values(chunk).execute();
}

/** See SweepStore.get. */
export async function getSweep(db: Kysely<Tables>, id: string): Promise<Sweep | null> {
  const row = await db.selectFrom("sweeps").selectAll().where("id", "=", id).executeTakeFirst();
  return row ? readSweepRow(row) : null;
}

/** See SweepStore.list. Lists the sweeps of every project when `project` is null. */
export async function listSweeps(
  db: Kysely<Tables>,
  project: string | null,
  { state, name }: SweepFilter,
  page: PageRequest,
): Promise<Page<Sweep>> {
  let query = db.selectFrom("sweeps").orderBy("id", "desc");
  if (project !== null) query = query.where("project", "=", project);
  if (state !== undefined) query = query.where("state", "=", state);
  if (name !== undefined) query = query.where("name", "=", name);
  if (page.after !== undefined) query = query.where("id", "<", page.after);
  const rows = {
    sizes: (count: number) => query.select(bytesOf("spec")).limit(count).execute(),
    read: async (count: number) => readRows(await query.selectAll().limit(count).execute(), readSweepRow),
  };
  return toBoundedPage(rows, page.limit);
}

/** See SweepStore.readSource. */
export async function readSource(db: Kysely<Tables>, id: string): Promise<Uint8Array<ArrayBuffer> | null> {
  const row = await db.selectFrom("sweeps").select("source_bytes").where("id", "=", id).executeTakeFirst();
  return row ? readBytes(db, id, row.source_bytes) : null;
}

/** See SweepStore.transition. */
export async function transitionSweep(
  db: Kysely<Tables>,
  id: string,
  from: readonly SweepState[],
  to: SweepTransition,
): Promise<Sweep | null> {
  return await db.transaction().execute(async (transaction) => {
    const row = await lockSweep(transaction, id, from);
    return row ? toSweep(await moveSweep(transaction, row, to)) : null;
  });
}

/**
 * Locks a sweep that is in one of these states until the transaction ends; undefined if it is in none. Lock a sweep before its chunks, so
 * that no two transactions wait for each other.
 */
export async function lockSweep(
  db: Transaction<Tables>,
  id: string,
  states: readonly SweepState[],
): Promise<SweepsTable | undefined> {
  const query = db.selectFrom("sweeps").selectAll().where("id", "=", id).where("state", "in", states);
  return await lockRows(db, query).executeTakeFirst();
}

/** Changes the state of a locked sweep, with its event. A sweep that ends loses its chunks. */
export async function moveSweep(
  db: Transaction<Tables>,
  { id, state, started_at }: SweepsTable,
  to: SweepTransition,
  columns: UpdateObject<Tables, "sweeps"> = {},
): Promise<SweepsTable> {
  const row = await db
    .updateTable("sweeps")
    .set({
      ...columns,
      state: to.state,
      last_seq: sql<number>`last_seq + 1`,
      transitions: sql<string>`transitions || ${`,${JSON.stringify(to)}`}`,
      started_at: started_at ?? (to.state === "running" ? to.at : null),
      finished_at: isEnded(to.state) ? to.at : null,
    })
    .where("id", "=", id)
    .where("state", "=", state)
    .returningAll()
    .executeTakeFirstOrThrow();
  if (isEnded(to.state)) await db.deleteFrom("sweep_chunks").where("sweep_id", "=", id).execute();
  await insertStateEvent(db, row, to);
  return row;
}

/** Readers of the event do not see what asked for the change. */
async function insertStateEvent(
  db: Transaction<Tables>,
  { id, last_seq }: SweepsTable,
  { traceparent: _, ...to }: SweepTransition,
): Promise<void> {
  const event = { sweep_id: id, seq: last_seq, type: "state" as const, payload: JSON.stringify(to) };
  await db.insertInto("sweep_events").values(event).execute();
}

/** Inserts the event of progress of a row whose `last_seq` was just increased. */
export async function insertProgressEvent(db: Transaction<Tables>, row: SweepsTable, at: number): Promise<void> {
  const payload = JSON.stringify({ at, ...progressOf(row) });
  await db.insertInto("sweep_events").values({ sweep_id: row.id, seq: row.last_seq, type: "progress", payload }).execute();
}

/** See SweepStore.label. */
export async function labelSweep(db: Kysely<Tables>, id: string, changes: LabelChanges): Promise<Sweep | null> {
  return await db.transaction().execute(async (transaction) => {
    const query = transaction.selectFrom("sweeps").selectAll().where("id", "=", id);
    const row = await lockRows(transaction, query).executeTakeFirst();
    if (!row) return null;
    const columns = labelColumns(changedLabels(row, changes));
    await transaction.updateTable("sweeps").set(columns).where("id", "=", id).execute();
    return toSweep({ ...row, ...columns });
  });
}

/** See SweepStore.delete. A crash in between leaves a sweep that has ended and fewer trials, which can be deleted again. */
export async function deleteSweep(db: Kysely<Tables>, id: string): Promise<boolean> {
  const row = await db.selectFrom("sweeps").select("state").where("id", "=", id).executeTakeFirst();
  if (!row || !isEnded(row.state as SweepState)) return false;
  await deleteInSteps(db, "trials", "number", id);
  await deleteInSteps(db, "sweep_events", "seq", id);
  return await db.transaction().execute(async (transaction) => {
    const { numDeletedRows } = await transaction.deleteFrom("sweeps").where("id", "=", id).executeTakeFirstOrThrow();
    await deleteTensors(transaction, id);
    return numDeletedRows > 0n;
  });
}

/** Deletes the rows of a sweep a few at a time, so that no statement holds the database for long. */
async function deleteInSteps(db: Kysely<Tables>, table: "trials" | "sweep_events", key: string, id: string): Promise<void> {
  for (let left = true; left; ) {
    const [rows, column] = [sql.table(table), sql.ref(key)];
    const { numAffectedRows } = await sql`delete from ${rows} where sweep_id = ${id} and ${column} in (
      select ${column} from ${rows} where sweep_id = ${id} limit ${sql.lit(ROWS_PER_DELETION)})`.execute(db);
    left = numAffectedRows === BigInt(ROWS_PER_DELETION);
  }
}

/** See SweepStore.listEnded. */
export async function endedSweeps(db: Kysely<Tables>, before: number, limit: number) {
  return await db
    .selectFrom("sweeps")
    .select(["id", "project"])
    .where("state", "in", ENDED_STATES)
    .where("finished_at", "<", before)
    .orderBy("finished_at")
    .limit(limit)
    .execute();
}

/** See SweepStore.readEvents. */
export async function readSweepEvents(db: Kysely<Tables>, id: string, after: number, limit: number): Promise<SweepEvent[]> {
  const rows = await db
    .selectFrom("sweep_events")
    .selectAll()
    .where("sweep_id", "=", id)
    .where("seq", ">", after)
    .orderBy("seq")
    .limit(limit)
    .execute();
  return rows.map(toSweepEvent);
}
