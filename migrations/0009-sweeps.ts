/** Sweeps, their trials, the chunks of trials that are still to be run, and the events of each sweep. */
import { type Kysely, sql } from "kysely";

/** Creates the tables. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createSweeps(db);
  await createTrials(db);
  await createChunks(db);
  await db.schema
    .createTable("sweep_events")
    .addColumn("sweep_id", "text", (column) => column.notNull().references("sweeps.id").onDelete("cascade"))
    .addColumn("seq", "bigint", (column) => column.notNull())
    .addColumn("type", "text", (column) => column.notNull())
    .addColumn("payload", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("sweep_events_key", ["sweep_id", "seq"])
    .execute();
}

/** The job that the sweep varies is in blob_chunks under the id of the sweep, as JSON; `spec` has it without its bulk. */
async function createSweeps(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("sweeps")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("project", "text", (column) => column.notNull())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("spec", "text", (column) => column.notNull())
    .addColumn("source_bytes", "bigint", (column) => column.notNull())
    .addColumn("chunk_trials", "integer", (column) => column.notNull())
    .addColumn("memory_bytes", "bigint", (column) => column.notNull())
    .addColumn("generation", "integer", (column) => column.notNull())
    .addColumn("last_chunk", "bigint", (column) => column.notNull())
    .addColumn("last_seq", "bigint", (column) => column.notNull())
    .addColumn("succeeded", "integer", (column) => column.notNull())
    .addColumn("pruned", "integer", (column) => column.notNull())
    .addColumn("failed", "integer", (column) => column.notNull())
    .addColumn("best_number", "integer")
    .addColumn("best_value", sql`double precision`)
    // The job that the best trial becomes at the end: its id is chosen when the sweep is submitted, so that it is made once.
    .addColumn("best_job_id", "text", (column) => column.notNull())
    .addColumn("promoted", "integer", (column) => column.notNull())
    .addColumn("error", "text")
    // JSON objects separated by commas, as in jobs.
    .addColumn("transitions", "text", (column) => column.notNull())
    .addColumn("queue_key", "bigint", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("started_at", "bigint")
    .addColumn("finished_at", "bigint")
    .execute();
  for (const columns of [
    ["project", "id"],
    ["project", "state", "id"],
    ["state", "queue_key", "id"],
  ]) {
    await db.schema
      .createIndex(`sweeps_${columns.join("_")}`)
      .on("sweeps")
      .columns(columns)
      .execute();
  }
}

async function createTrials(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("trials")
    .addColumn("sweep_id", "text", (column) => column.notNull().references("sweeps.id").onDelete("cascade"))
    .addColumn("number", "integer", (column) => column.notNull())
    .addColumn("generation", "integer", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("parameters", "text", (column) => column.notNull())
    .addColumn("value", sql`double precision`)
    .addColumn("fold_values", "text")
    .addColumn("epochs", "bigint", (column) => column.notNull())
    .addColumn("seconds", sql`double precision`)
    .addColumn("sha256", "text")
    .addColumn("reason", "text")
    .addColumn("curve", "text")
    .addPrimaryKeyConstraint("trials_key", ["sweep_id", "number"])
    .execute();
  await db.schema.createIndex("trials_value").on("trials").columns(["sweep_id", "value", "number"]).execute();
  await db.schema.createIndex("trials_state").on("trials").columns(["sweep_id", "state", "value", "number"]).execute();
}

/** A chunk without trials is the planning of the next generation. */
async function createChunks(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("sweep_chunks")
    .addColumn("sweep_id", "text", (column) => column.notNull().references("sweeps.id").onDelete("cascade"))
    .addColumn("number", "bigint", (column) => column.notNull())
    .addColumn("trials", "text", (column) => column.notNull())
    .addColumn("size", "integer", (column) => column.notNull())
    // How many of them, from the first, have a result.
    .addColumn("done", "integer", (column) => column.notNull())
    .addColumn("crashes", "integer", (column) => column.notNull())
    .addColumn("lease", "text")
    .addColumn("leased_until", "bigint")
    .addPrimaryKeyConstraint("sweep_chunks_key", ["sweep_id", "number"])
    .execute();
}
