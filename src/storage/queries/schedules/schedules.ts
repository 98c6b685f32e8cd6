/** Queries on schedules. One transaction starts the run of a due schedule and sets its next time. */
import type { Kysely } from "kysely";
import { notFound, TrainyardError } from "../../../domain/errors.ts";
import type { Page, PageRequest } from "../../../domain/page.ts";
import type { Schedule, ScheduleDocument, ScheduleRun } from "../../../domain/schedules/schedule.ts";
import type { NewRun, ScheduleChange, ScheduleStore } from "../../../domain/schedules/schedule-store.ts";
import { parseInSlices } from "../../parse-in-slices.ts";
import type { SchedulesTable, Tables } from "../../tables.ts";
import { bytesOf, toBoundedPage } from "../page.ts";
import { readRows } from "../rows.ts";
import { getRun, insertRun } from "./runs.ts";

/** See ScheduleStore.insert. */
export async function insertSchedule(
  db: Kysely<Tables>,
  project: string,
  { id, document, paused, nextAt, createdAt, within }: Parameters<ScheduleStore["insert"]>[0],
): Promise<Schedule> {
  const row: SchedulesTable = {
    ...{ id, project, document: JSON.stringify(document), paused: paused ? 1 : 0, next_at: nextAt },
    ...{ etag: null, sha256: null, created_at: createdAt },
  };
  return await db.transaction().execute(async (transaction) => {
    const known = await transaction.selectFrom("schedules").selectAll().where("id", "=", id).executeTakeFirst();
    if (known) return toSchedule(known);
    const { count } = await transaction
      .selectFrom("schedules")
      .select(({ fn }) => fn.countAll<number>().as("count"))
      .where("project", "=", project)
      .executeTakeFirstOrThrow();
    if (Number(count) >= within)
      throw new TrainyardError(
        "conflict",
        `the project has ${within} schedules, as many as it may (TRAINYARD_PROJECT_SCHEDULES): delete one first`,
      );
    await transaction.insertInto("schedules").values(row).execute();
    return toSchedule(row);
  });
}

/** See ScheduleStore.get. */
export async function getSchedule(db: Kysely<Tables>, id: string): Promise<Schedule | null> {
  const row = await db.selectFrom("schedules").selectAll().where("id", "=", id).executeTakeFirst();
  return row ? readSchedule(row) : null;
}

/** See ScheduleStore.list. */
export async function listSchedules(
  db: Kysely<Tables>,
  project: string | null,
  { after, limit }: PageRequest,
): Promise<Page<Schedule>> {
  let query = db.selectFrom("schedules").orderBy("id", "desc");
  if (project !== null) query = query.where("project", "=", project);
  if (after !== undefined) query = query.where("id", "<", after);
  const rows = {
    sizes: (count: number) => query.select(bytesOf("document")).limit(count).execute(),
    read: async (count: number) => readRows(await query.selectAll().limit(count).execute(), readSchedule),
  };
  return toBoundedPage(rows, limit);
}

/** See ScheduleStore.change. */
export async function changeSchedule(
  db: Kysely<Tables>,
  id: string,
  { document, paused, nextAt, etag, sha256 }: ScheduleChange,
): Promise<Schedule | null> {
  const values: Partial<SchedulesTable> = {
    ...(document !== undefined && { document: JSON.stringify(document) }),
    ...(paused !== undefined && { paused: paused ? 1 : 0 }),
    ...(nextAt !== undefined && { next_at: nextAt }),
    ...(etag !== undefined && { etag }),
    ...(sha256 !== undefined && { sha256 }),
  };
  if (Object.keys(values).length === 0) return getSchedule(db, id);
  const row = await db.updateTable("schedules").set(values).where("id", "=", id).returningAll().executeTakeFirst();
  return row ? toSchedule(row) : null;
}

/** See ScheduleStore.delete. */
export async function deleteSchedule(db: Kysely<Tables>, id: string): Promise<boolean> {
  return await db.transaction().execute(async (transaction) => {
    await transaction.deleteFrom("schedule_runs").where("schedule_id", "=", id).execute();
    const { numDeletedRows } = await transaction.deleteFrom("schedules").where("id", "=", id).executeTakeFirstOrThrow();
    return numDeletedRows > 0n;
  });
}

/** See ScheduleStore.listDue. */
export async function listDueSchedules(db: Kysely<Tables>, now: number, limit: number): Promise<readonly Schedule[]> {
  const rows = await db
    .selectFrom("schedules")
    .selectAll()
    .where("next_at", "<=", now)
    .orderBy("next_at")
    .limit(limit)
    .execute();
  return readRows(rows, readSchedule);
}

/** See ScheduleStore.fire. */
export async function fireSchedule(
  db: Kysely<Tables>,
  id: string,
  dueAt: number,
  nextAt: number | null,
  run: NewRun,
): Promise<ScheduleRun | null> {
  return await db.transaction().execute(async (transaction) => {
    const row = await transaction
      .updateTable("schedules")
      .set({ next_at: nextAt })
      .where("id", "=", id)
      .where("next_at", "=", dueAt)
      .returning("project")
      .executeTakeFirst();
    return row ? await insertRun(transaction, row.project, run) : null;
  });
}

/** See ScheduleRunStore.insert. */
export async function startRun(db: Kysely<Tables>, run: NewRun): Promise<ScheduleRun> {
  const row = await db.selectFrom("schedules").select("project").where("id", "=", run.scheduleId).executeTakeFirst();
  if (!row) throw notFound("schedule", run.scheduleId);
  const known = await getRun(db, run.id);
  const started = known ?? (await insertRun(db, row.project, run));
  if (started) return started;
  throw new TrainyardError("conflict", "a run of this schedule is in progress: wait until it has ended");
}

async function readSchedule(row: SchedulesTable): Promise<Schedule> {
  return toSchedule(row, (await parseInSlices(row.document)) as ScheduleDocument);
}

function toSchedule(row: SchedulesTable, document = JSON.parse(row.document) as ScheduleDocument): Schedule {
  const { id, project, etag, sha256 } = row;
  return {
    ...{ id, project, etag, sha256, document },
    ...{ paused: row.paused !== 0, nextAt: row.next_at, createdAt: row.created_at },
  };
}
