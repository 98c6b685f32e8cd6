/** Notes on the data of a job, as they were found when it was submitted. */
import type { Kysely } from "kysely";

/** Adds the column: a JSON array. Null: no notes, or a job from before the migration. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable("jobs").addColumn("notes", "text").execute();
}
