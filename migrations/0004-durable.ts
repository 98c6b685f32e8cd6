/** Checkpoints, and the columns of jobs that order the queue and count crashes. */
import { type Kysely, sql } from "kysely";

/** Adds the table of checkpoints and the columns of the queue. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await addQueue(db);
  // Without a foreign key to the job: a deletion hides the rows at once, and deletes their chunks in many transactions.
  await db.schema
    .createTable("checkpoints")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("project", "text", (column) => column.notNull())
    .addColumn("job_id", "text", (column) => column.notNull())
    .addColumn("attempt", "integer", (column) => column.notNull())
    .addColumn("epoch", "bigint", (column) => column.notNull())
    .addColumn("step", "bigint", (column) => column.notNull())
    .addColumn("reason", "text", (column) => column.notNull())
    .addColumn("is_best", "integer", (column) => column.notNull())
    .addColumn("bytes", "bigint", (column) => column.notNull())
    .addColumn("sha256", "text", (column) => column.notNull())
    .addColumn("entries", "text", (column) => column.notNull())
    .addColumn("progress", "text", (column) => column.notNull())
    .addColumn("model", "text", (column) => column.notNull())
    .addColumn("ready", "integer", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("checkpoints_job_id").on("checkpoints").columns(["job_id", "ready", "id"]).execute();
  await db.schema.createIndex("checkpoints_ready").on("checkpoints").columns(["ready", "created_at"]).execute();
}

async function addQueue(db: Kysely<unknown>): Promise<void> {
  for (const name of ["priority", "deaths"]) {
    await db.schema
      .alterTable("jobs")
      .addColumn(name, "integer", (column) => column.notNull().defaultTo(0))
      .execute();
  }
  for (const name of ["queued_at", "queue_key"]) {
    await db.schema
      .alterTable("jobs")
      .addColumn(name, "bigint", (column) => column.notNull().defaultTo(0))
      .execute();
  }
  await db.schema.alterTable("jobs").addColumn("not_before", "bigint").execute();
  await sql`update jobs set queued_at = created_at, queue_key = created_at`.execute(db);
  // In the order in which queued jobs are claimed.
  await db.schema.createIndex("jobs_queue").on("jobs").columns(["state", "queue_key", "id"]).execute();
  await db.schema.createIndex("jobs_queued_at").on("jobs").columns(["state", "queued_at"]).execute();
}
