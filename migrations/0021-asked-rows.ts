/** What models in use are asked, as rows where that is wanted, and the figures of monitors that are told of many at once; imports that take long. */
import type { Kysely } from "kysely";

/** Adds the figures of the last window and of the truth, how many rows are kept, and these rows, which go with their model. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable("monitors").addColumn("psi", "double precision").execute();
  await db.schema.alterTable("monitors").addColumn("live_score", "double precision").execute();
  await db.schema
    .alterTable("monitors")
    .addColumn("sample_rows", "integer", (column) => column.notNull().defaultTo(0))
    .execute();
  await db.schema.createIndex("monitors_updated").on("monitors").columns(["updated_at"]).execute();
  await db.schema
    .createTable("asked_rows")
    .addColumn("model_id", "text", (column) => column.notNull().references("models.id").onDelete("cascade"))
    .addColumn("number", "bigint", (column) => column.notNull())
    .addColumn("row", "text", (column) => column.notNull())
    .addColumn("answer", "double precision", (column) => column.notNull())
    .addColumn("asked_at", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("asked_rows_key", ["model_id", "number"])
    .execute();
  await db.schema.createIndex("asked_rows_old").on("asked_rows").columns(["asked_at"]).execute();
  await db.schema
    .createTable("imports")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("project", "text", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("bytes", "bigint", (column) => column.notNull())
    .addColumn("dataset_id", "text")
    .addColumn("error", "text")
    .addColumn("cancelled", "integer", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("heard_at", "bigint", (column) => column.notNull())
    .addColumn("finished_at", "bigint")
    .execute();
  await db.schema.createIndex("imports_heard").on("imports").columns(["heard_at"]).execute();
}
