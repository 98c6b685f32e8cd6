/** Queries that find and remove old records, a few rows per transaction. */
import type { Kysely } from "kysely";
import { TERMINAL_STATES } from "../../../domain/jobs/job.ts";
import type { Tables } from "../../tables.ts";

/** See JobStore.listEnded. */
export async function endedJobs(
  db: Kysely<Tables>,
  before: number,
  limit: number,
  having: "anything" | "metrics" | "checkpoints",
): Promise<{ readonly id: string; readonly project: string }[]> {
  let query = db
    .selectFrom("jobs")
    .select(["id", "project"])
    .where("state", "in", TERMINAL_STATES)
    .where("finished_at", "<", before);
  if (having !== "anything") {
    const table = having === "metrics" ? "metric_chunks" : "checkpoints";
    query = query.where(({ exists, selectFrom }) =>
      exists(selectFrom(table).select("job_id").whereRef("job_id", "=", "jobs.id")),
    );
  }
  return query.orderBy("finished_at").limit(limit).execute();
}

/** See MetricStore.delete. */
export async function deleteMetrics(db: Kysely<Tables>, jobId: string): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    for (const table of ["metric_chunks", "notable_epochs"] as const) {
      await transaction.deleteFrom(table).where("job_id", "=", jobId).execute();
    }
  });
}

/** See DeliveryStore.deleteEnded. */
export async function deleteDeliveries(db: Kysely<Tables>, before: number, limit: number): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom("webhook_deliveries")
    .where("id", "in", (query) =>
      query
        .selectFrom("webhook_deliveries")
        .select("id")
        .where("state", "!=", "pending")
        .where("finished_at", "<", before)
        .limit(limit),
    )
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}

/** See IdempotencyStore.deleteOld. */
export async function deleteIdempotencyKeys(db: Kysely<Tables>, before: number, limit: number): Promise<number> {
  const old = await db
    .selectFrom("idempotency_keys")
    .select("created_at")
    .where("created_at", "<", before)
    .orderBy("created_at")
    .offset(limit - 1)
    .limit(1)
    .executeTakeFirst();
  const { numDeletedRows } = await db
    .deleteFrom("idempotency_keys")
    .where("created_at", "<", before)
    .where("created_at", "<=", old?.created_at ?? before)
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}
