/** Evaluations of models, in a table of their own: they are long, and are read one at a time. */
import type { Kysely } from "kysely";

/** Creates the table of evaluations. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("evaluations")
    .addColumn("model_id", "text", (column) => column.primaryKey().references("models.id").onDelete("cascade"))
    .addColumn("document", "text", (column) => column.notNull())
    .execute();
}
