/** The audit log: who changed what, with which key. */
import type { Kysely } from "kysely";

/** Creates the table, with an index for each way in which entries are listed: of a project or of all, and of them by key or operation. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("audit_log")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("project", "text", (column) => column.notNull())
    .addColumn("at", "bigint", (column) => column.notNull())
    .addColumn("key_id", "text")
    .addColumn("by_session", "integer", (column) => column.notNull())
    .addColumn("operation", "text", (column) => column.notNull())
    .addColumn("method", "text", (column) => column.notNull())
    .addColumn("path", "text", (column) => column.notNull())
    .addColumn("status", "integer", (column) => column.notNull())
    .addColumn("made", "text")
    .addColumn("request_id", "text", (column) => column.notNull())
    .execute();
  for (const columns of [
    ["project", "id"],
    ["project", "key_id", "id"],
    ["project", "operation", "id"],
    ["key_id", "id"],
    ["operation", "id"],
  ])
    await db.schema
      .createIndex(`audit_log_${columns.join("_")}`)
      .on("audit_log")
      .columns(columns)
      .execute();
}
