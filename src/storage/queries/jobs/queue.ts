/**
 * Queries on the queue: who runs next, and where in it a job stands. Whose turn it is, of several projects, is in shares.ts; the
 * order within one is that of a column, `queue_key`, which never changes while a job waits, so that an index has it.
 */
import { type ExpressionBuilder, type Kysely, sql, type Transaction, type UpdateObject } from "kysely";
import { type Job, MAX_BACKOFF_MS, type Transition } from "../../../domain/jobs/job.ts";
import type { MemoryRoom, TransitionRequest } from "../../../domain/jobs/queue-order.ts";
import { lockedForUpdate } from "../../dialect.ts";
import type { Tables } from "../../tables.ts";
import { PRIORITY_STEP_MS, toJob } from "../rows.ts";
import { projectsInTurn, takeTurn } from "./shares.ts";
import { insertStateEvent, moved } from "./state-changes.ts";

/** How long a job that does not fit may be overtaken by smaller ones. */
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
    const id = await nextInLine(transaction, at, room, runningJobs);
    if (id === null) return null;
    const row = await transaction
      .updateTable("jobs")
      .set((values) => ({
        ...moved(to),
        attempt: values("attempt", "+", 1),
        started_at: values.fn.coalesce("started_at", values.val(at)),
        not_before: null,
      }))
      .where("id", "=", id)
      .where("state", "=", "queued")
      .returningAll()
      .executeTakeFirst();
    if (!row) return null;
    await takeTurn(transaction, row.project);
    await insertStateEvent(transaction, row, to);
    return toJob(row);
  });
}

/** The id of the job to take; null when none may be taken now. */
async function nextInLine(
  db: Kysely<Tables>,
  at: number,
  room: MemoryRoom | undefined,
  runningJobs: number,
): Promise<string | null> {
  for (const project of await projectsInTurn(db, runningJobs)) {
    const next = await nextOf(db, project, at, room);
    if (next !== null) return next === KEEP_ROOM ? null : next.id;
  }
  return null;
}

/** A job that does not fit has waited for so long that nobody may pass it any more. */
const KEEP_ROOM = Symbol("keep the room");

/** The job of a project to take. */
async function nextOf(
  db: Kysely<Tables>,
  project: string,
  at: number,
  room?: MemoryRoom,
): Promise<Place | typeof KEEP_ROOM | null> {
  const line = db
    .selectFrom("jobs")
    .select(["id", "queue_key", "memory_bytes"])
    .where("state", "=", "queued")
    .where("project", "=", project)
    .where(isDue(at))
    .orderBy("queue_key")
    .orderBy("id")
    .limit(1);
  const first = await lockedForUpdate(db, line).executeTakeFirst();
  if (!first || !room || first.memory_bytes <= room.freeBytes) return first ?? null;
  const blocked = await line
    .where("memory_bytes", ">", room.freeBytes)
    .where("memory_bytes", "<=", room.totalBytes)
    .where("queued_at", "<=", at - OVERTAKEN_MS)
    .executeTakeFirst();
  const fitting = await lockedForUpdate(db, line.where("memory_bytes", "<=", room.freeBytes)).executeTakeFirst();
  if (blocked && (!fitting || isBefore(blocked, fitting))) return KEEP_ROOM;
  return fitting ?? null;
}

/** Not one that waits after a crash. When the clock was set back, a time too far away is none. */
function isDue(at: number) {
  return (values: ExpressionBuilder<Tables, "jobs">) =>
    values.or([
      values("not_before", "is", null),
      values("not_before", "<=", at),
      values("not_before", ">", at + MAX_BACKOFF_MS),
    ]);
}

interface Place {
  readonly id: string;
  readonly queue_key: number;
}

function isBefore(a: Place, b: Place): boolean {
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

/** The columns of a job that comes into the queue, or back to its old place. */
export async function placeOf(
  db: Transaction<Tables>,
  { to, notBefore, anew = false }: TransitionRequest,
): Promise<UpdateObject<Tables, "jobs">> {
  const not_before = notBefore ?? null;
  if (!anew) return { not_before };
  const queued_at = await queuedAt(db, to.at);
  return { not_before, queued_at, queue_key: sql<number>`cast(${queued_at} as bigint) - priority * ${PRIORITY_STEP_MS}` };
}

/**
 * When a job that comes now has come, as the queue counts: not before the others that wait, though the clock be set back. So
 * jobs of one priority are taken in the order in which they came.
 */
export async function queuedAt(db: Transaction<Tables>, at: number): Promise<number> {
  const row = await db
    .selectFrom("jobs")
    .select((values) => values.fn.max<number | null>("queued_at").as("newest"))
    .where("state", "=", "queued")
    .executeTakeFirst();
  return Math.max(at, row?.newest ?? at);
}
