/**
 * Brings databases of builds whose migrations were edited later to what those make today: turns of projects (5), an index of trials (9), and
 * the key of found values (13).
 */
import { type Kysely, sql } from "kysely";
import { columnsOf, isSqlite, primaryKeyOf } from "./catalog.ts";
import type { ColumnTypes } from "./column-types.ts";

/** Makes what is missing, and finds nothing to do in a database of later builds. */
export async function up(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  if ((await columnsOf(db, types, "project_turns")).size === 0) await addTurns(db);
  await db.schema
    .createIndex("trials_state")
    .ifNotExists()
    .on("trials")
    .columns(["sweep_id", "state", "value", "number"])
    .execute();
  if ((await primaryKeyOf(db, types, "job_values"))[0] === "job_id")
    await (isSqlite(types) ? rewriteValues(db) : changeKeyOfValues(db));
}

async function addTurns(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropIndex("jobs_queue").ifExists().execute();
  await db.schema.createIndex("jobs_queue").on("jobs").columns(["state", "project", "queue_key", "id"]).execute();
  await db.schema
    .createTable("project_turns")
    .addColumn("project", "text", (column) => column.primaryKey())
    .addColumn("turn", "bigint", (column) => column.notNull())
    .execute();
}

/** SQLite cannot change a primary key. */
async function rewriteValues(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("new_job_values")
    .addColumn("field", "bigint", (column) => column.notNull())
    .addColumn("job_id", "text", (column) => column.notNull())
    .addColumn("number", sql`double precision`)
    .addColumn("text", "text")
    .addPrimaryKeyConstraint("job_values_key", ["field", "job_id"])
    .modifyEnd(sql`without rowid`)
    .execute();
  await sql`insert into new_job_values (field, job_id, number, text) select field, job_id, number, text from job_values`.execute(
    db,
  );
  await db.schema.dropTable("job_values").execute();
  await db.schema.alterTable("new_job_values").renameTo("job_values").execute();
  for (const column of ["number", "text"]) {
    await db.schema
      .createIndex(`job_values_${column}`)
      .on("job_values")
      .columns(["field", column, "job_id"])
      .where(sql.ref(column), "is not", null)
      .execute();
  }
}

async function changeKeyOfValues(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable("job_values").dropConstraint("job_values_job_id_fkey").execute();
  await db.schema.alterTable("job_values").dropConstraint("job_values_key").execute();
  await db.schema.alterTable("job_values").addPrimaryKeyConstraint("job_values_key", ["field", "job_id"]).execute();
}
