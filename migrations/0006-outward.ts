/** Webhooks until they are delivered, answers by their idempotency key, and secrets that sign. */
import type { Kysely } from "kysely";

/** Creates the tables of webhooks, answers and secrets. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // Without a foreign key to the job: its webhooks are delivered even when it was deleted in the meantime.
  await db.schema
    .createTable("webhook_deliveries")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("job_id", "text", (column) => column.notNull())
    .addColumn("project", "text", (column) => column.notNull())
    .addColumn("url", "text", (column) => column.notNull())
    .addColumn("body", "text", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("attempts", "integer", (column) => column.notNull())
    .addColumn("log", "text", (column) => column.notNull())
    .addColumn("next_at", "bigint")
    .addColumn("claimed", "integer", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("finished_at", "bigint")
    .execute();
  await db.schema.createIndex("webhook_deliveries_due").on("webhook_deliveries").columns(["state", "next_at"]).execute();
  await db.schema.createIndex("webhook_deliveries_job").on("webhook_deliveries").columns(["job_id", "id"]).execute();
  await db.schema
    .createTable("idempotency_keys")
    .addColumn("project", "text", (column) => column.notNull())
    .addColumn("route", "text", (column) => column.notNull())
    .addColumn("key", "text", (column) => column.notNull())
    .addColumn("owner", "text", (column) => column.notNull())
    .addColumn("owned_until", "bigint", (column) => column.notNull())
    .addColumn("resource_id", "text", (column) => column.notNull())
    .addColumn("fingerprint", "text")
    .addColumn("answer", "text")
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("idempotency_keys_key", ["project", "route", "key"])
    .execute();
  await db.schema.createIndex("idempotency_keys_created").on("idempotency_keys").columns(["created_at"]).execute();
  await db.schema
    .createTable("secrets")
    .addColumn("name", "text", (column) => column.primaryKey())
    .addColumn("value", "text", (column) => column.notNull())
    .execute();
}
