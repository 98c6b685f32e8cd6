/** Trials of a state by number: without it, a page of the few that failed reads all trials of a sweep. */
import type { Kysely } from "kysely";

/** Creates the index. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.createIndex("trials_state_number").on("trials").columns(["sweep_id", "state", "number"]).execute();
}
