/** Jobs, their events and metrics, models, and the blobs of both. Times are epoch milliseconds, structures are JSON text. */
import { type Kysely, sql } from "kysely";
import type { ColumnTypes } from "./column-types.ts";

/** Creates the first set of tables. */
export async function up(db: Kysely<unknown>, { bytes }: ColumnTypes): Promise<void> {
  await createJobs(db);
  await createEvents(db, bytes);
  await createModels(db, bytes);
}

async function createJobs(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("jobs")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("spec", "text", (column) => column.notNull())
    .addColumn("parameters", "bigint", (column) => column.notNull())
    .addColumn("memory_bytes", "bigint", (column) => column.notNull())
    .addColumn("classes", "text", (column) => column.notNull())
    .addColumn("payload_entries", "text")
    .addColumn("attempt", "integer", (column) => column.notNull())
    .addColumn("epochs_done", "bigint", (column) => column.notNull())
    .addColumn("last_seq", "bigint", (column) => column.notNull())
    .addColumn("metrics", "text")
    .addColumn("error", "text")
    .addColumn("model_id", "text")
    .addColumn("model_name", "text")
    .addColumn("model_version", "integer")
    .addColumn("model_sha256", "text")
    .addColumn("reproduces", "text")
    .addColumn("reproduced_sha256", "text")
    .addColumn("transitions", "text", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("started_at", "bigint")
    .addColumn("finished_at", "bigint")
    .execute();
  // Ids sort by creation: these indexes serve the queue and every page of a filtered list.
  await db.schema.createIndex("jobs_state_id").on("jobs").columns(["state", "id"]).execute();
  await db.schema.createIndex("jobs_name_id").on("jobs").columns(["name", "id"]).execute();
  await db.schema.createIndex("jobs_name_state_id").on("jobs").columns(["name", "state", "id"]).execute();
}

async function createEvents(db: Kysely<unknown>, bytes: ColumnTypes["bytes"]): Promise<void> {
  await db.schema
    .createTable("events")
    .addColumn("job_id", "text", (column) => column.notNull().references("jobs.id").onDelete("cascade"))
    .addColumn("seq", "bigint", (column) => column.notNull())
    .addColumn("type", "text", (column) => column.notNull())
    .addColumn("payload", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("events_key", ["job_id", "seq"])
    .execute();
  await db.schema
    .createTable("metric_chunks")
    .addColumn("job_id", "text", (column) => column.notNull().references("jobs.id").onDelete("cascade"))
    .addColumn("first_epoch", "bigint", (column) => column.notNull())
    .addColumn("last_epoch", "bigint", (column) => column.notNull())
    .addColumn("attempt", "integer", (column) => column.notNull())
    .addColumn("columns", sql.raw(bytes), (column) => column.notNull())
    .addPrimaryKeyConstraint("metric_chunks_key", ["job_id", "first_epoch"])
    .execute();
}

async function createModels(db: Kysely<unknown>, bytes: ColumnTypes["bytes"]): Promise<void> {
  await db.schema
    .createTable("models")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("version", "integer", (column) => column.notNull())
    .addColumn("tags", "text", (column) => column.notNull())
    .addColumn("job_id", "text")
    .addColumn("sha256", "text", (column) => column.notNull())
    .addColumn("parameters", "bigint", (column) => column.notNull())
    .addColumn("architecture", "text", (column) => column.notNull())
    .addColumn("metrics", "text", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addUniqueConstraint("models_name_version", ["name", "version"])
    .execute();
  await db.schema.createIndex("models_name_id").on("models").columns(["name", "id"]).execute();
  await createRegistry(db);
  // A blob belongs to a job (its payload) or to a model (its weights): no foreign key can express that.
  await db.schema
    .createTable("blob_chunks")
    .addColumn("blob_id", "text", (column) => column.notNull())
    .addColumn("position", "integer", (column) => column.notNull())
    .addColumn("bytes", sql.raw(bytes), (column) => column.notNull())
    .addPrimaryKeyConstraint("blob_chunks_key", ["blob_id", "position"])
    .execute();
}

async function createRegistry(db: Kysely<unknown>): Promise<void> {
  // Outlives the models of its name, so that no version number is used twice.
  await db.schema
    .createTable("model_names")
    .addColumn("name", "text", (column) => column.primaryKey())
    .addColumn("last_version", "integer", (column) => column.notNull())
    .execute();
  // Without a cascade: a version with an alias cannot be deleted.
  await db.schema
    .createTable("aliases")
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("alias", "text", (column) => column.notNull())
    .addColumn("version", "integer", (column) => column.notNull())
    .addPrimaryKeyConstraint("aliases_key", ["name", "alias"])
    .addForeignKeyConstraint("aliases_model", ["name", "version"], "models", ["name", "version"])
    .execute();
}
