/** Counts the jobs in each state, for monitoring. */
import type { Kysely } from "kysely";
import type { JobState } from "../../../domain/jobs/job.ts";
import type { JobCounts } from "../../../domain/jobs/job-store.ts";
import type { Tables } from "../../tables.ts";

/** See JobStore.count. */
export async function countJobs(db: Kysely<Tables>): Promise<JobCounts> {
  const rows = await db
    .selectFrom("jobs")
    .select((values) => ["state", values.fn.countAll<number>().as("count")])
    .groupBy("state")
    .execute();
  const oldest = await db
    .selectFrom("jobs")
    .select((values) => values.fn.min<number | null>("created_at").as("at"))
    .where("state", "=", "queued")
    .executeTakeFirst();
  const states = Object.fromEntries(rows.map(({ state, count }) => [state, Number(count)]));
  return { states: states as Partial<Record<JobState, number>>, oldestQueuedAt: oldest?.at ?? null };
}
