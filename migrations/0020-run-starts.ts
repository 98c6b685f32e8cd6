/** When jobs and sweeps started: a search of all runs, newest first, takes a page from here and sorts no table. */
import { type Kysely, sql } from "kysely";

/** Creates the indexes. The expression is that of `storage/queries/tracking/sources.ts`: an index serves no other. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const table of ["jobs", "sweeps"])
    await db.schema
      .createIndex(`${table}_started`)
      .on(table)
      .expression(sql`project, coalesce(started_at, created_at) desc, id`)
      .execute();
}
