/** Schedules that fetch tables and train on them, and their runs. */
import type { Kysely } from "kysely";

/** Creates the tables. A lease says which process carries a run out, and until when. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("schedules")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("project", "text", (column) => column.notNull())
    .addColumn("document", "text", (column) => column.notNull())
    .addColumn("paused", "integer", (column) => column.notNull())
    .addColumn("next_at", "bigint")
    .addColumn("etag", "text")
    .addColumn("sha256", "text")
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("schedules_project_id").on("schedules").columns(["project", "id"]).execute();
  await db.schema.createIndex("schedules_next_at").on("schedules").columns(["next_at"]).execute();
  await db.schema
    .createTable("schedule_runs")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("schedule_id", "text", (column) => column.notNull().references("schedules.id").onDelete("cascade"))
    .addColumn("project", "text", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("document", "text", (column) => column.notNull())
    .addColumn("lease", "text")
    .addColumn("leased_until", "bigint")
    // The schedule while the run is under way, else null: a schedule has one at a time.
    .addColumn("active", "text", (column) => column.unique())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("finished_at", "bigint")
    .execute();
  await db.schema.createIndex("schedule_runs_schedule").on("schedule_runs").columns(["schedule_id", "id"]).execute();
}
