/**
 * Projects, which own jobs, data sets, models, names and aliases; API keys, each of one project; and the sessions that browsers
 * get in exchange for a key. Names, versions, aliases and the contents of uploads are unique within a project.
 */
import { type Kysely, sql } from "kysely";

/** The project of all existing records. */
const FIRST_PROJECT = "default";

/** Adds projects, their turns in the queue, API keys and sessions. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await addToJobs(db);
  await addTurns(db);
  await addToDatasets(db);
  await rebuildModels(db);
  await createKeys(db);
}

async function addToJobs(db: Kysely<unknown>): Promise<void> {
  await addProject(db, "jobs");
  for (const name of ["jobs_name_id", "jobs_name_state_id"]) await db.schema.dropIndex(name).execute();
  // A list of jobs is of one project; `jobs_state_id` serves what the server does for all projects.
  for (const columns of [
    ["project", "id"],
    ["project", "state", "id"],
    ["project", "name", "id"],
    ["project", "name", "state", "id"],
  ]) {
    await db.schema
      .createIndex(`jobs_${columns.join("_")}`)
      .on("jobs")
      .columns(columns)
      .execute();
  }
}

/** Indexes the queue by project. */
async function addTurns(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropIndex("jobs_queue").execute();
  await db.schema.createIndex("jobs_queue").on("jobs").columns(["state", "project", "queue_key", "id"]).execute();
  await db.schema
    .createTable("project_turns")
    .addColumn("project", "text", (column) => column.primaryKey())
    .addColumn("turn", "bigint", (column) => column.notNull())
    .execute();
}

async function addToDatasets(db: Kysely<unknown>): Promise<void> {
  await addProject(db, "datasets");
  await db.schema.dropIndex("datasets_content").execute();
  await db.schema
    .createIndex("datasets_project_content")
    .unique()
    .on("datasets")
    .columns(["project", "sha256", "format"])
    .where(sql.ref("ready"), "=", sql.lit(1))
    .execute();
  await db.schema.createIndex("datasets_project_id").on("datasets").columns(["project", "id"]).execute();
}

async function addProject(db: Kysely<unknown>, table: string): Promise<void> {
  await db.schema
    .alterTable(table)
    .addColumn("project", "text", (column) => column.notNull().defaultTo(FIRST_PROJECT))
    .execute();
}

/**
 * Rewrites tables, since SQLite cannot change a primary key. Tables that refer to models are rewritten too, in an order in
 * which no dropped table has references: dropping a table deletes its rows, and those that cascade from them.
 */
async function rebuildModels(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("new_models")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("project", "text", (column) => column.notNull())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("version", "integer", (column) => column.notNull())
    .addColumn("tags", "text", (column) => column.notNull())
    .addColumn("job_id", "text")
    .addColumn("sha256", "text", (column) => column.notNull())
    .addColumn("parameters", "bigint", (column) => column.notNull())
    .addColumn("architecture", "text", (column) => column.notNull())
    .addColumn("metrics", "text", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addUniqueConstraint("models_project_name_version", ["project", "name", "version"])
    .execute();
  await db.schema
    .createTable("new_evaluations")
    .addColumn("model_id", "text", (column) => column.primaryKey().references("new_models.id").onDelete("cascade"))
    .addColumn("document", "text", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("new_aliases")
    .addColumn("project", "text", (column) => column.notNull())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("alias", "text", (column) => column.notNull())
    .addColumn("version", "integer", (column) => column.notNull())
    .addPrimaryKeyConstraint("aliases_project_key", ["project", "name", "alias"])
    .addForeignKeyConstraint("aliases_project_model", ["project", "name", "version"], "new_models", [
      "project",
      "name",
      "version",
    ])
    .execute();
  await db.schema
    .createTable("new_model_names")
    .addColumn("project", "text", (column) => column.notNull())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("last_version", "integer", (column) => column.notNull())
    .addPrimaryKeyConstraint("model_names_key", ["project", "name"])
    .execute();
  await copyRows(db, "models", "id, name, version, tags, job_id, sha256, parameters, architecture, metrics, created_at");
  await sql`insert into new_evaluations (model_id, document) select model_id, document from evaluations`.execute(db);
  await copyRows(db, "aliases", "name, alias, version");
  await copyRows(db, "model_names", "name, last_version");
  for (const table of ["aliases", "evaluations", "models", "model_names"]) await db.schema.dropTable(table).execute();
  for (const table of ["models", "evaluations", "aliases", "model_names"]) {
    await db.schema.alterTable(`new_${table}`).renameTo(table).execute();
  }
  await db.schema.createIndex("models_project_id").on("models").columns(["project", "id"]).execute();
  await db.schema.createIndex("models_project_name_id").on("models").columns(["project", "name", "id"]).execute();
}

async function copyRows(db: Kysely<unknown>, table: string, columns: string): Promise<void> {
  const names = sql.raw(columns);
  const [to, from] = [sql.table(`new_${table}`), sql.table(table)];
  await sql`insert into ${to} (project, ${names}) select ${sql.lit(FIRST_PROJECT)}, ${names} from ${from}`.execute(db);
}

async function createKeys(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("api_keys")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("project", "text", (column) => column.notNull())
    .addColumn("name", "text", (column) => column.notNull())
    // SHA-256 of the key in hex. A key has 256 random bits: a slow hash would gain nothing.
    .addColumn("hash", "text", (column) => column.notNull().unique())
    .addColumn("prefix", "text", (column) => column.notNull())
    .addColumn("scopes", "text", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("expires_at", "bigint")
    .addColumn("last_used_at", "bigint")
    .addColumn("revoked_at", "bigint")
    .execute();
  await db.schema.createIndex("api_keys_project_id").on("api_keys").columns(["project", "id"]).execute();
  // `key_id` is not a foreign key: the admin key of the environment has no row.
  await db.schema
    .createTable("sessions")
    .addColumn("hash", "text", (column) => column.primaryKey())
    .addColumn("key_id", "text", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("expires_at", "bigint", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("sessions_expires_at").on("sessions").columns(["expires_at"]).execute();
}
