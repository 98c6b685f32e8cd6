/** Where each trial of a sweep is heading, which halving compares beside its value. */
import { type Kysely, sql } from "kysely";

/** Adds the column. Trials of earlier builds have no projection, and are compared by their values alone. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable("trials").addColumn("projected_value", sql`double precision`).execute();
}
