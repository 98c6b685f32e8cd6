/** Queries on leases: a job is taken under the message of the queue that told of it, and what that message finds when it comes again. */
import type { Kysely } from "kysely";
import { ATTEMPTED_STATES, type Job, type Transition } from "../domain/job.ts";
import type { LeaseRequest, LeaseResult } from "../domain/line.ts";
import { toJob } from "./rows.ts";
import { insertStateEvent, moved } from "./state-changes.ts";
import type { Tables } from "./tables.ts";

/** See Store.leaseJob. */
export async function leaseJob(
  db: Kysely<Tables>,
  id: string,
  { lease, workerId, at }: LeaseRequest,
): Promise<{ readonly result: LeaseResult; readonly job: Job | null }> {
  const to: Transition = { state: "running", at, reason: "a worker took it" };
  return await db.transaction().execute(async (transaction) => {
    const taken = await transaction
      .updateTable("jobs")
      .set((values) => ({
        ...moved(to),
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
    if (taken) {
      await insertStateEvent(transaction, taken, to);
      return { result: "taken", job: toJob(taken) };
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
