/** The audit log: who changed what, with which key. */
import type { Kysely } from "kysely";

/** Creates the table, with an index for the log of a project. */
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
    .addColumn("request_id", "text", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("audit_log_project_id").on("audit_log").columns(["project", "id"]).execute();
}
