/** Many processes on one database: who they are, which of them has a job and under which lease, and what they count together. */
import type { Kysely } from "kysely";

/** Adds the processes, the leases of jobs, and the counters. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // Who runs it, and by which message of the queue; both stay when the attempt is over, as the last ones.
  await db.schema.alterTable("jobs").addColumn("worker_id", "text").execute();
  await db.schema.alterTable("jobs").addColumn("lease", "text").execute();
  await db.schema
    .createTable("workers")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("role", "text", (column) => column.notNull())
    .addColumn("version", "text", (column) => column.notNull())
    .addColumn("slots", "integer", (column) => column.notNull())
    .addColumn("memory_bytes", "bigint", (column) => column.notNull())
    .addColumn("draining", "integer", (column) => column.notNull())
    .addColumn("started_at", "bigint", (column) => column.notNull())
    .addColumn("heartbeat_at", "bigint", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("workers_heartbeat_at").on("workers").column("heartbeat_at").execute();
  // How often something was done in a window of time, whichever process did it.
  await db.schema
    .createTable("counters")
    .addColumn("key", "text", (column) => column.primaryKey())
    .addColumn("count", "integer", (column) => column.notNull())
    .addColumn("ends_at", "bigint", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("counters_ends_at").on("counters").column("ends_at").execute();
}
