/** Queries on the runs of schedules. A run is carried out under a lease; writes of a process that has lost it are refused. */
import { createHash } from "node:crypto";
import type { Kysely, Transaction } from "kysely";
import { createId } from "../../../domain/id.ts";
import type { Page, PageRequest } from "../../../domain/page.ts";
import {
  isEndedRun,
  KEPT_RUNS,
  type RunDocument,
  resultText,
  runWebhookBody,
  type ScheduleDocument,
  type ScheduleRun,
  type ScheduleRunState,
} from "../../../domain/schedules/schedule.ts";
import type { NewRun, RunChange } from "../../../domain/schedules/schedule-store.ts";
import { lockRows } from "../../dialect.ts";
import type { ScheduleRunsTable, Tables } from "../../tables.ts";
import { isFree } from "../leases.ts";
import { bytesOf, toBoundedPage } from "../page.ts";
import { readRows } from "../rows.ts";

/** Starts a run; null if another run of its schedule is active. */
export async function insertRun(
  db: Kysely<Tables>,
  project: string,
  { id, scheduleId, document, createdAt }: NewRun,
): Promise<ScheduleRun | null> {
  const row: ScheduleRunsTable = {
    ...{ id, schedule_id: scheduleId, project, state: "fetching", document: JSON.stringify(document) },
    ...{ lease: null, leased_until: null, active: scheduleId, created_at: createdAt, finished_at: null },
  };
  const inserted = await db
    .insertInto("schedule_runs")
    .values(row)
    .onConflict((conflict) => conflict.column("active").doNothing())
    .returning("id")
    .executeTakeFirst();
  return inserted ? toRun(row) : null;
}

/** See ScheduleRunStore.get. */
export async function getRun(db: Kysely<Tables>, id: string): Promise<ScheduleRun | null> {
  const row = await db.selectFrom("schedule_runs").selectAll().where("id", "=", id).executeTakeFirst();
  return row ? toRun(row) : null;
}

/** See ScheduleRunStore.list. */
export async function listRuns(
  db: Kysely<Tables>,
  scheduleId: string,
  { after, limit }: PageRequest,
): Promise<Page<ScheduleRun>> {
  let query = db.selectFrom("schedule_runs").where("schedule_id", "=", scheduleId).orderBy("id", "desc");
  if (after !== undefined) query = query.where("id", "<", after);
  const rows = {
    sizes: (count: number) => query.select(bytesOf("document")).limit(count).execute(),
    read: async (count: number) => readRows(await query.selectAll().limit(count).execute(), async (row) => toRun(row)),
  };
  return toBoundedPage(rows, limit);
}

/** See ScheduleRunStore.listFree. */
export async function listFreeRuns(db: Kysely<Tables>, now: number, limit: number): Promise<readonly ScheduleRun[]> {
  const rows = await db
    .selectFrom("schedule_runs")
    .selectAll()
    .where("active", "is not", null)
    .where(isFree(now))
    .orderBy("id")
    .limit(limit)
    .execute();
  return rows.map(toRun);
}

/** See ScheduleRunStore.claim. */
export async function claimRun(
  db: Kysely<Tables>,
  id: string,
  lease: string,
  now: number,
  until: number,
): Promise<ScheduleRun | null> {
  const row = await db
    .updateTable("schedule_runs")
    .set({ lease, leased_until: until })
    .where("id", "=", id)
    .where("active", "is not", null)
    .where(isFree(now))
    .returningAll()
    .executeTakeFirst();
  return row ? toRun(row) : null;
}

/** See ScheduleRunStore.renew. */
export async function renewRun(db: Kysely<Tables>, id: string, lease: string, until: number): Promise<boolean> {
  return (await changeHeld(db, id, lease, { leased_until: until })) !== null;
}

/** See ScheduleRunStore.save. */
export async function saveRun(db: Kysely<Tables>, id: string, lease: string, change: RunChange): Promise<boolean> {
  const { state, document, finishedAt, known } = change;
  const values = { state, document: JSON.stringify(document), finished_at: finishedAt };
  if (!isEndedRun(state)) return (await changeHeld(db, id, lease, values)) !== null;
  return await db.transaction().execute(async (transaction) => {
    const run = await changeHeld(transaction, id, lease, { ...values, active: null, lease: null, leased_until: null });
    if (!run) return false;
    const found = transaction.selectFrom("schedules").select("document").where("id", "=", run.scheduleId);
    const row = await lockRows(transaction, found).executeTakeFirst();
    if (!row) return true;
    const schedule = JSON.parse(row.document) as ScheduleDocument;
    // A schedule that was changed during the run must train again.
    const of = createHash("sha256").update(resultText(schedule)).digest("hex");
    if (known && (known.of === null || known.of === of)) {
      const { etag, sha256 } = known;
      await transaction.updateTable("schedules").set({ etag, sha256 }).where("id", "=", run.scheduleId).execute();
    }
    await tell(transaction, run, schedule);
    await removeOldest(transaction, run.scheduleId);
    return true;
  });
}

async function changeHeld(
  db: Kysely<Tables>,
  id: string,
  lease: string,
  values: Partial<ScheduleRunsTable>,
): Promise<ScheduleRun | null> {
  const row = await db
    .updateTable("schedule_runs")
    .set(values)
    .where("id", "=", id)
    .where("lease", "=", lease)
    .where("active", "is not", null)
    .returningAll()
    .executeTakeFirst();
  return row ? toRun(row) : null;
}

/** Adds the webhook of a run that has ended to the outbox. */
async function tell(db: Transaction<Tables>, run: ScheduleRun, { webhook }: ScheduleDocument): Promise<void> {
  const at = run.finishedAt;
  if (!webhook || at === null) return;
  await db
    .insertInto("webhook_deliveries")
    .values({
      ...{ id: createId("delivery"), job_id: run.id, project: run.project, url: webhook.url, body: runWebhookBody(run) },
      ...{ state: "pending", attempts: 0, log: "", next_at: at, claimed: 0, created_at: at, finished_at: null },
    })
    .execute();
}

async function removeOldest(db: Transaction<Tables>, scheduleId: string): Promise<void> {
  const last = await db
    .selectFrom("schedule_runs")
    .select("id")
    .where("schedule_id", "=", scheduleId)
    .orderBy("id", "desc")
    .limit(1)
    .offset(KEPT_RUNS)
    .executeTakeFirst();
  if (!last) return;
  await db
    .deleteFrom("schedule_runs")
    .where("schedule_id", "=", scheduleId)
    .where("id", "<=", last.id)
    .where("active", "is", null)
    .execute();
}

/** See ScheduleRunStore.release. */
export async function releaseRun(db: Kysely<Tables>, id: string, lease: string): Promise<void> {
  await changeHeld(db, id, lease, { lease: null, leased_until: null });
}

/** See ScheduleRunStore.releaseAll. */
export async function releaseRuns(db: Kysely<Tables>): Promise<void> {
  await db.updateTable("schedule_runs").set({ lease: null, leased_until: null }).where("lease", "is not", null).execute();
}

function toRun(row: ScheduleRunsTable): ScheduleRun {
  return {
    ...{ id: row.id, scheduleId: row.schedule_id, project: row.project, state: row.state as ScheduleRunState },
    ...{ document: JSON.parse(row.document) as RunDocument, createdAt: row.created_at, finishedAt: row.finished_at },
  };
}
