/** What tracking clients log: experiments, runs with what they say of themselves, and logged models. */
import { type Kysely, sql } from "kysely";
import type { ColumnTypes } from "./column-types.ts";

/** Creates the tables. Values and points have no reference to their run, which would want an index of its own: their keys begin with it. */
export async function up(db: Kysely<unknown>, { bytes }: ColumnTypes): Promise<void> {
  const byKey = sql.raw(bytes === "blob" ? "without rowid" : "");
  const doublePrecision = sql`double precision`;
  await db.schema
    .createTable("tracking_experiments")
    .addColumn("project", "text", (column) => column.notNull())
    .addColumn("id", "text", (column) => column.notNull())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("lifecycle", "text", (column) => column.notNull())
    .addColumn("tags", "text", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("updated_at", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("tracking_experiments_key", ["project", "id"])
    .addUniqueConstraint("tracking_experiments_name", ["project", "name"])
    .execute();
  await db.schema
    .createTable("tracking_runs")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("project", "text", (column) => column.notNull())
    .addColumn("experiment_id", "text", (column) => column.notNull())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("user_id", "text", (column) => column.notNull())
    .addColumn("status", "text", (column) => column.notNull())
    .addColumn("lifecycle", "text", (column) => column.notNull())
    .addColumn("start_time", "bigint", (column) => column.notNull())
    .addColumn("end_time", "bigint")
    .addColumn("links", "text", (column) => column.notNull())
    .addColumn("points", "bigint", (column) => column.notNull())
    .addColumn("updated_at", "bigint", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("tracking_models")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("project", "text", (column) => column.notNull())
    .addColumn("experiment_id", "text", (column) => column.notNull())
    .addColumn("run_id", "text")
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("type", "text", (column) => column.notNull())
    .addColumn("status", "text", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("updated_at", "bigint", (column) => column.notNull())
    .execute();
  // Of a run or of a logged model: metrics as they were last, parameters and tags.
  await db.schema
    .createTable("tracking_values")
    .addColumn("owner_id", "text", (column) => column.notNull())
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("key", "text", (column) => column.notNull())
    .addColumn("text", "text")
    .addColumn("number", doublePrecision)
    .addColumn("is_nan", "integer", (column) => column.notNull())
    .addColumn("step", "bigint", (column) => column.notNull())
    .addColumn("timestamp", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("tracking_values_key", ["owner_id", "kind", "key"])
    .modifyEnd(byKey)
    .execute();
  // What is logged twice, as by a client that has lost an answer, is one point.
  await db.schema
    .createTable("tracking_points")
    .addColumn("run_id", "text", (column) => column.notNull())
    .addColumn("key", "text", (column) => column.notNull())
    .addColumn("step", "bigint", (column) => column.notNull())
    .addColumn("timestamp", "bigint", (column) => column.notNull())
    .addColumn("value", doublePrecision, (column) => column.notNull())
    .addColumn("is_nan", "integer", (column) => column.notNull())
    .addPrimaryKeyConstraint("tracking_points_key", ["run_id", "key", "step", "timestamp", "value", "is_nan"])
    .modifyEnd(byKey)
    .execute();
  for (const [table, columns] of [
    ["tracking_runs", ["project", "start_time", "id"]],
    ["tracking_runs", ["updated_at", "id"]],
    ["tracking_models", ["project", "created_at", "id"]],
    ["tracking_models", ["run_id"]],
  ] as const)
    await db.schema
      .createIndex(`${table}_${columns[0]}`)
      .on(table)
      .columns([...columns])
      .execute();
}
