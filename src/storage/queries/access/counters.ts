/** Queries on counters: how often something was done in a window of time, by all processes together. */
import { type Kysely, sql } from "kysely";
import type { Grant } from "../../../domain/access/rate-limit.ts";
import type { Tables } from "../../tables.ts";

/** Counts once more, unless the limit is reached in this window. A window begins with the first count in it. */
export async function incrementCounter(
  db: Kysely<Tables>,
  key: string,
  { at, windowMs, limit }: { readonly at: number; readonly windowMs: number; readonly limit: number },
): Promise<Grant> {
  const isOver = sql<boolean>`counters.ends_at <= ${at}`;
  // One statement, which locks the row: of two processes that count at once, each sees the other's.
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

/** Forgets windows that have ended. */
export async function removeCounters(db: Kysely<Tables>, endedBefore: number): Promise<void> {
  await db.deleteFrom("counters").where("ends_at", "<", endedBefore).execute();
}
