/** Evaluations of models, apart from them: they are long, and read one at a time. */
import type { Kysely } from "kysely";

/** Creates the table of evaluations. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("evaluations")
    .addColumn("model_id", "text", (column) => column.primaryKey().references("models.id").onDelete("cascade"))
    .addColumn("document", "text", (column) => column.notNull())
    .execute();
}
