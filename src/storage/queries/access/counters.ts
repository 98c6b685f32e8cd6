/** Queries on counters, which count events in a window of time over all processes together. */
import { type Kysely, sql } from "kysely";
import type { Grant } from "../../../domain/access/rate-limit.ts";
import type { Tables } from "../../tables.ts";

/** Increments a counter, and says whether the count is within the limit of its window. A window begins with its first count. */
export async function incrementCounter(
  db: Kysely<Tables>,
  key: string,
  { at, windowMs, limit }: { readonly at: number; readonly windowMs: number; readonly limit: number },
): Promise<Grant> {
  const isOver = sql<boolean>`counters.ends_at <= ${at}`;
  // One statement locks the row, so that of two processes that count at once each sees the other's count.
  const { count, ends_at } = await db
    .insertInto("counters")
    .values({ key, count: 1, ends_at: at + windowMs })
    .onConflict((conflict) =>
      conflict.column("key").doUpdateSet({
        count: sql<number>`case when ${isOver} then 1 else counters.count + 1 end`,
        ends_at: sql<number>`case when ${isOver} then ${at + windowMs} else counters.ends_at end`,
      }),
    )
    .returning(["count", "ends_at"])
    .executeTakeFirstOrThrow();
  return { allowed: count <= limit, remaining: Math.max(0, limit - count), resetMs: Math.max(0, ends_at - at) };
}

/** Deletes windows that have ended. */
export async function removeCounters(db: Kysely<Tables>, endedBefore: number): Promise<void> {
  await db.deleteFrom("counters").where("ends_at", "<", endedBefore).execute();
}
