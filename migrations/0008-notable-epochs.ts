/** The notable epochs of each full window of a job's metrics: what a chart of a long run is drawn from. */
import { type Kysely, sql } from "kysely";
import type { ColumnTypes } from "../src/storage/migrations.ts";

/** Creates the table. Windows that were full before have no row in it, and are read whole as ever. */
export async function up(db: Kysely<unknown>, { bytes }: ColumnTypes): Promise<void> {
  await db.schema
    .createTable("notable_epochs")
    .addColumn("job_id", "text", (column) => column.notNull().references("jobs.id").onDelete("cascade"))
    .addColumn("first_epoch", "bigint", (column) => column.notNull())
    .addColumn("last_epoch", "bigint", (column) => column.notNull())
    .addColumn("columns", sql.raw(bytes), (column) => column.notNull())
    .addPrimaryKeyConstraint("notable_epochs_key", ["job_id", "first_epoch"])
    .execute();
}
