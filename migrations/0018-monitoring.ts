/** What models are asked: counts in windows of rows, and answers that wait for the truth. All of it goes with its model. */
import type { Kysely } from "kysely";
import type { ColumnTypes } from "./column-types.ts";

/** Creates the tables of monitors, of their closed windows, and of answers. */
export async function up(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  await db.schema
    .createTable("monitors")
    .addColumn("model_id", "text", (column) => column.primaryKey().references("models.id").onDelete("cascade"))
    .addColumn("project", "text", (column) => column.notNull())
    .addColumn("enabled", "integer", (column) => column.notNull())
    .addColumn("webhook", "text")
    .addColumn("rows", "bigint", (column) => column.notNull())
    .addColumn("total_rows", "bigint", (column) => column.notNull())
    .addColumn("windows", "integer", (column) => column.notNull())
    .addColumn("counts", types.bytes, (column) => column.notNull())
    .addColumn("drifted", "text", (column) => column.notNull())
    .addColumn("answers", "integer", (column) => column.notNull())
    .addColumn("window_started_at", "bigint")
    .addColumn("updated_at", "bigint", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("monitor_windows")
    .addColumn("model_id", "text", (column) => column.notNull().references("models.id").onDelete("cascade"))
    .addColumn("number", "integer", (column) => column.notNull())
    .addColumn("started_at", "bigint", (column) => column.notNull())
    .addColumn("ended_at", "bigint", (column) => column.notNull())
    .addColumn("rows", "bigint", (column) => column.notNull())
    .addColumn("counts", types.bytes, (column) => column.notNull())
    .addColumn("verdict", "text")
    .addPrimaryKeyConstraint("monitor_windows_key", ["model_id", "number"])
    .execute();
  await db.schema
    .createTable("monitored_answers")
    .addColumn("model_id", "text", (column) => column.notNull().references("models.id").onDelete("cascade"))
    .addColumn("prediction_id", "text", (column) => column.notNull())
    .addColumn("row", "integer", (column) => column.notNull())
    .addColumn("answer", "double precision", (column) => column.notNull())
    .addColumn("truth", "double precision")
    .addColumn("answered_at", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("monitored_answers_key", ["model_id", "prediction_id", "row"])
    .execute();
  await db.schema.createIndex("monitored_answers_age").on("monitored_answers").columns(["model_id", "answered_at"]).execute();
  await db.schema.createIndex("monitored_answers_old").on("monitored_answers").columns(["answered_at"]).execute();
}
