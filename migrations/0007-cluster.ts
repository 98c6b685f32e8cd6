/** Many processes on one database: the processes, the leases of their jobs, and shared counters. */
import type { Kysely } from "kysely";

/** Creates the tables of processes and counters, and adds leases to jobs. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // The process that runs it and the message of the queue; both keep their last values after the attempt.
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
  // Counts of a window of time, over all processes.
  await db.schema
    .createTable("counters")
    .addColumn("key", "text", (column) => column.primaryKey())
    .addColumn("count", "integer", (column) => column.notNull())
    .addColumn("ends_at", "bigint", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("counters_ends_at").on("counters").column("ends_at").execute();
}
