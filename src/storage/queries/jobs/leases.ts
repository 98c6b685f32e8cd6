/** Queries on leases: claims a job under its queue message, and recognises a message that is delivered again. */
import type { Kysely, Transaction } from "kysely";
import { ATTEMPTED_STATES, type Job, type Transition } from "../../../domain/jobs/job.ts";
import type { LeaseRequest, LeaseResult } from "../../../domain/jobs/queue-order.ts";
import { lockRows } from "../../dialect.ts";
import type { Tables } from "../../tables.ts";
import { toJob } from "../rows.ts";
import { recordTurn } from "./shares.ts";
import { insertStateEvent, transitionColumns } from "./state-changes.ts";

/** See QueueStore.lease. */
export async function leaseJob(
  db: Kysely<Tables>,
  id: string,
  { lease, workerId, at, runningJobs }: LeaseRequest,
): Promise<{ readonly result: LeaseResult; readonly job: Job | null }> {
  const to: Transition = { state: "running", at, reason: "a worker took it" };
  return await db.transaction().execute(async (transaction) => {
    if ((await othersUnderWay(transaction, id)) >= runningJobs) return { result: "full", job: null };
    const claimed = await transaction
      .updateTable("jobs")
      .set((values) => ({
        ...transitionColumns(to),
        attempt: values("attempt", "+", 1),
        started_at: values.fn.coalesce("started_at", values.val(at)),
        not_before: null,
        worker_id: workerId,
        lease,
      }))
      .where("id", "=", id)
      .where("state", "=", "queued")
      .returningAll()
      .executeTakeFirst();
    if (claimed) {
      await recordTurn(transaction, claimed.project);
      await insertStateEvent(transaction, claimed, to);
      return { result: "taken", job: toJob(claimed) };
    }
    const row = await transaction
      .selectFrom("jobs")
      .selectAll()
      .where("id", "=", id)
      .where("lease", "=", lease)
      .where("state", "in", ATTEMPTED_STATES)
      .executeTakeFirst();
    return row ? { result: "abandoned", job: toJob(row) } : { result: "void", job: null };
  });
}

/** Counts the running jobs of a queued job's project. Locks the project: no other process claims its jobs in this transaction. */
async function othersUnderWay(db: Transaction<Tables>, id: string): Promise<number> {
  const job = await db
    .selectFrom("jobs")
    .select("project")
    .where("id", "=", id)
    .where("state", "=", "queued")
    .executeTakeFirst();
  if (!job) return 0;
  await lockRows(db, db.selectFrom("project_turns").select("turn").where("project", "=", job.project)).execute();
  const { count } = await db
    .selectFrom("jobs")
    .select((values) => values.fn.countAll<number>().as("count"))
    .where("project", "=", job.project)
    .where("state", "in", ATTEMPTED_STATES)
    .executeTakeFirstOrThrow();
  return count;
}
