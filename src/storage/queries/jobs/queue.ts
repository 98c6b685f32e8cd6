/**
 * Queries on the queue: which job runs next, and the position of a job. The order of projects is in shares.ts. The order within
 * a project is that of the column `queue_key`, which never changes while a job waits, so that an index can hold it.
 */
import { type ExpressionBuilder, type Kysely, sql, type Transaction, type UpdateObject } from "kysely";
import { type Job, MAX_BACKOFF_MS, type Transition } from "../../../domain/jobs/job.ts";
import type { MemoryRoom, TransitionRequest } from "../../../domain/jobs/queue-order.ts";
import { lockedForUpdate } from "../../dialect.ts";
import type { Tables } from "../../tables.ts";
import { PRIORITY_STEP_MS, toJob } from "../rows.ts";
import { projectsInTurn, recordTurn } from "./shares.ts";
import { insertStateEvent, transitionColumns } from "./state-changes.ts";

/** How long smaller jobs may overtake a job that does not fit. */
const OVERTAKEN_MS = 60_000;

/** See QueueStore.claim. */
export async function claimJob(
  db: Kysely<Tables>,
  at: number,
  room?: MemoryRoom,
  runningJobs = Number.MAX_SAFE_INTEGER,
): Promise<Job | null> {
  const to: Transition = { state: "running", at, reason: "a worker took it" };
  return await db.transaction().execute(async (transaction) => {
    const id = await nextJob(transaction, at, room, runningJobs);
    if (id === null) return null;
    const row = await transaction
      .updateTable("jobs")
      .set((values) => ({
        ...transitionColumns(to),
        attempt: values("attempt", "+", 1),
        started_at: values.fn.coalesce("started_at", values.val(at)),
        not_before: null,
      }))
      .where("id", "=", id)
      .where("state", "=", "queued")
      .returningAll()
      .executeTakeFirst();
    if (!row) return null;
    await recordTurn(transaction, row.project);
    await insertStateEvent(transaction, row, to);
    return toJob(row);
  });
}

/** Returns the id of the job to claim; null when none may be claimed now. */
async function nextJob(
  db: Kysely<Tables>,
  at: number,
  room: MemoryRoom | undefined,
  runningJobs: number,
): Promise<string | null> {
  for (const project of await projectsInTurn(db, runningJobs)) {
    const next = await nextJobOf(db, project, at, room);
    if (next !== null) return next === KEEP_ROOM ? null : next.id;
  }
  return null;
}

/** Means that a job that does not fit has waited so long that no other job may overtake it any more. */
const KEEP_ROOM = Symbol("keep the room");

/** Returns the job of a project to claim. */
async function nextJobOf(
  db: Kysely<Tables>,
  project: string,
  at: number,
  room?: MemoryRoom,
): Promise<QueuedJob | typeof KEEP_ROOM | null> {
  const due = db
    .selectFrom("jobs")
    .select(["id", "queue_key", "memory_bytes"])
    .where("state", "=", "queued")
    .where("project", "=", project)
    .where(isDue(at))
    .orderBy("queue_key")
    .orderBy("id")
    .limit(1);
  const first = await lockedForUpdate(db, due).executeTakeFirst();
  if (!first || !room || first.memory_bytes <= room.freeBytes) return first ?? null;
  const blocked = await due
    .where("memory_bytes", ">", room.freeBytes)
    .where("memory_bytes", "<=", room.totalBytes)
    .where("queued_at", "<=", at - OVERTAKEN_MS)
    .executeTakeFirst();
  const fitting = await lockedForUpdate(db, due.where("memory_bytes", "<=", room.freeBytes)).executeTakeFirst();
  if (blocked && (!fitting || isBefore(blocked, fitting))) return KEEP_ROOM;
  return fitting ?? null;
}

/** Selects jobs that do not wait after a crash. Ignores a time too far in the future: the clock was set back. */
function isDue(at: number) {
  return (values: ExpressionBuilder<Tables, "jobs">) =>
    values.or([
      values("not_before", "is", null),
      values("not_before", "<=", at),
      values("not_before", ">", at + MAX_BACKOFF_MS),
    ]);
}

interface QueuedJob {
  readonly id: string;
  readonly queue_key: number;
}

function isBefore(a: QueuedJob, b: QueuedJob): boolean {
  return a.queue_key === b.queue_key ? a.id < b.id : a.queue_key < b.queue_key;
}

/** See QueueStore.nextRetryAt. */
export async function nextRetryAt(db: Kysely<Tables>): Promise<number | null> {
  const row = await db
    .selectFrom("jobs")
    .select((values) => values.fn.min<number | null>("not_before").as("at"))
    .where("state", "=", "queued")
    .executeTakeFirst();
  return row?.at ?? null;
}

/** See QueueStore.position. */
export async function queuePosition(db: Kysely<Tables>, id: string): Promise<number | null> {
  const row = await db
    .selectFrom("jobs as job")
    .select((values) => [
      values
        .selectFrom("jobs as other")
        .select((inner) => inner.fn.countAll<number>().as("count"))
        .where("other.state", "=", "queued")
        .whereRef("other.project", "=", "job.project")
        .where((inner) =>
          inner.or([
            inner("other.queue_key", "<", inner.ref("job.queue_key")),
            inner.and([inner("other.queue_key", "=", inner.ref("job.queue_key")), inner("other.id", "<", inner.ref("job.id"))]),
          ]),
        )
        .as("ahead"),
    ])
    .where("job.id", "=", id)
    .where("job.state", "=", "queued")
    .executeTakeFirst();
  return row ? (row.ahead ?? 0) : null;
}

/** Returns the queue columns of a job that enters the queue anew, or returns to its old position. */
export async function queueColumns(
  db: Transaction<Tables>,
  { to, notBefore, anew = false }: TransitionRequest,
): Promise<UpdateObject<Tables, "jobs">> {
  const not_before = notBefore ?? null;
  if (!anew) return { not_before };
  const queued_at = await queuedAt(db, to.at);
  return { not_before, queued_at, queue_key: sql<number>`cast(${queued_at} as bigint) - priority * ${PRIORITY_STEP_MS}` };
}

/**
 * Returns the time at which a job enters the queue: at least that of every waiting job, even if the clock was set back, so that
 * jobs of one priority are claimed in the order in which they were queued.
 */
export async function queuedAt(db: Transaction<Tables>, at: number): Promise<number> {
  const row = await db
    .selectFrom("jobs")
    .select((values) => values.fn.max<number | null>("queued_at").as("newest"))
    .where("state", "=", "queued")
    .executeTakeFirst();
  return Math.max(at, row?.newest ?? at);
}
