/** Jobs whose values are not written yet: what a job is found by lies all over the database, so that it is written for many at a time. */
import { type Kysely, sql } from "kysely";
import { isSqlite } from "./catalog.ts";
import type { ColumnTypes } from "./column-types.ts";

/** Creates the table. `whole` is 0 where the values of the spec and the tags are written, and those of the metrics are not. */
export async function up(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  const table = db.schema
    .createTable("job_values_due")
    .addColumn("job_id", "text", (column) => column.primaryKey())
    .addColumn("whole", "integer", (column) => column.notNull());
  await (isSqlite(types) ? table.modifyEnd(sql`without rowid`) : table).execute();
}
