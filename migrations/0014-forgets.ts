/** Runs that forget rows of data sets: what they have done and what they still have to do. */
import type { Kysely } from "kysely";

/** Creates the table. A lease says which process carries a run out, and until when. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("forgets")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("project", "text", (column) => column.notNull())
    .addColumn("dataset_id", "text", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("document", "text", (column) => column.notNull())
    .addColumn("lease", "text")
    .addColumn("leased_until", "bigint")
    // The project while the run is under way, else null: a project has one at a time.
    .addColumn("active", "text", (column) => column.unique())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("finished_at", "bigint")
    .execute();
  await db.schema.createIndex("forgets_project_id").on("forgets").columns(["project", "id"]).execute();
}
