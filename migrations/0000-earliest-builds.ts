/**
 * Brings databases of the first builds to what the first migration makes today. It was edited twice after builds had applied it, and the
 * fifth copies columns that it did not make at first: this one comes before them all. Elsewhere it finds nothing to do.
 */
import { type Kysely, sql } from "kysely";
import { columnsOf } from "./catalog.ts";
import type { ColumnTypes } from "./column-types.ts";

/** Adds what jobs and models lack. Neither exists in a new database; jobs with a project have what is added here. */
export async function up(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  const jobs = await columnsOf(db, types, "jobs");
  if (jobs.size === 0 || jobs.has("project")) return;
  for (const [name, type] of [
    ["model_version", "integer"],
    ["reproduces", "text"],
    ["reproduced_sha256", "text"],
  ] as const)
    if (!jobs.has(name)) await db.schema.alterTable("jobs").addColumn(name, type).execute();
  await db.schema.createIndex("jobs_name_state_id").ifNotExists().on("jobs").columns(["name", "state", "id"]).execute();
  if (!(await columnsOf(db, types, "models")).has("version")) await numberModels(db);
}

/** Models of a name get its versions in the order in which they were made, and the name remembers the last. */
async function numberModels(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable("models")
    .addColumn("version", "integer", (column) => column.notNull().defaultTo(1))
    .execute();
  await db.schema
    .alterTable("models")
    .addColumn("tags", "text", (column) => column.notNull().defaultTo("{}"))
    .execute();
  await sql`update models set version =
    (select count(*) from models as older where older.name = models.name and older.id <= models.id)`.execute(db);
  await sql`update jobs set model_version = (select version from models where models.id = jobs.model_id)`.execute(db);
  await db.schema.createIndex("models_name_version").unique().on("models").columns(["name", "version"]).execute();
  await db.schema
    .createTable("model_names")
    .addColumn("name", "text", (column) => column.primaryKey())
    .addColumn("last_version", "integer", (column) => column.notNull())
    .execute();
  await sql`insert into model_names (name, last_version) select name, max(version) from models group by name`.execute(db);
  await db.schema
    .createTable("aliases")
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("alias", "text", (column) => column.notNull())
    .addColumn("version", "integer", (column) => column.notNull())
    .addPrimaryKeyConstraint("aliases_key", ["name", "alias"])
    .addForeignKeyConstraint("aliases_model", ["name", "version"], "models", ["name", "version"])
    .execute();
}
