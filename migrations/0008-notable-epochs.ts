/** The notable epochs (extremes) of each full window of a job's metrics, from which charts of long runs are drawn. */
import { type Kysely, sql } from "kysely";
import type { ColumnTypes } from "./column-types.ts";

/** Creates the table. Windows that were full before the migration get no row and are read whole. */
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
