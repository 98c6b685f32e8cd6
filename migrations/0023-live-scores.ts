/** When a live score is told of, when the samples of a project were last erased, and which tables somebody has uploaded. */
import type { Kysely } from "kysely";

/** Adds the option, whether the score has fallen, the time of erasing, and whether a table is somebody's besides a schedule's. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable("monitors")
    .addColumn("score_drop", "double precision", (column) => column.defaultTo(0.05))
    .execute();
  await db.schema
    .alterTable("monitors")
    .addColumn("score_fell", "integer", (column) => column.notNull().defaultTo(0))
    .execute();
  await db.schema.alterTable("monitors").addColumn("rows_erased_at", "bigint").execute();
  await db.schema
    .alterTable("datasets")
    .addColumn("claimed", "integer", (column) => column.notNull().defaultTo(0))
    .execute();
}
