/** Checks the schema of a database: which migrations it has, and whether this version can use it. Migrates SQLite databases. */
import { stat } from "node:fs/promises";
import type { Kysely } from "kysely";
import { TrainyardError } from "../domain/errors.ts";
import { COLUMN_TYPES } from "./dialect.ts";
import { MIGRATION_NAMES, migrate } from "./migrations.ts";
import { assertRoom, copyDatabase } from "./sqlite/copy.ts";
import { sizeOf } from "./sqlite/integrity-check.ts";
import type { SqliteConnection } from "./sqlite/sqlite-connection.ts";
import type { Tables } from "./tables.ts";

/** The migrator creates its own tables before the transaction of the migrations: a process that ends between the two leaves only these. */
const MIGRATOR_TABLES: ReadonlySet<string> = new Set(["kysely_migration", "kysely_migration_lock"]);

/** Disk space needed to migrate, in sizes of the database: one for the backup, one because migrations rewrite tables. */
const MIGRATION_FACTOR = 2;

/**
 * Returns the migrations that were applied to a database; none when it is empty. Throws "unavailable" when the database belongs
 * to another program or a newer version. `name` is what the message calls the database.
 */
export async function appliedMigrations(connection: SqliteConnection, name: string): Promise<readonly string[]> {
  const tables = await column(connection, "select name as value from sqlite_master where type = 'table'");
  const applied = tables.includes("kysely_migration")
    ? await column(connection, "select name as value from kysely_migration order by name")
    : [];
  assertUsable({ tables, applied }, name);
  return applied;
}

/** The tables and the applied migrations of a database. */
export interface SchemaReading {
  readonly tables: readonly string[];
  readonly applied: readonly string[];
}

/** Throws "unavailable" when a database belongs to another program or a newer version. */
export function assertUsable({ tables, applied }: SchemaReading, name: string): void {
  if (applied.length === 0 && tables.every((table) => MIGRATOR_TABLES.has(table))) return;
  if (!tables.includes("jobs") && applied.length > 0) throw unusable(name, "it has migrations, but no table of jobs");
  if (applied.length === 0) throw unusable(name, "it is not a Trainyard database");
  const newer = applied.find((migration) => !MIGRATION_NAMES.includes(migration));
  if (newer === undefined) return;
  throw unusable(
    name,
    `a newer Trainyard wrote it (migration ${newer}; this version's last is ${MIGRATION_NAMES.at(-1)}): start that version, or restore a backup from before`,
  );
}

/** Migrates a database to the newest schema. A database with data is copied first; the copy stays. */
export async function bringUpToDate(connection: SqliteConnection, db: Kysely<Tables>, path: string): Promise<void> {
  const applied = await appliedMigrations(connection, path);
  if (applied.length === MIGRATION_NAMES.length) return;
  if (applied.length > 0) {
    const backup = await freeName(`${path}.before-${MIGRATION_NAMES.at(-1)}`);
    await assertRoom(MIGRATION_FACTOR * (await sizeOf(connection)), backup);
    await copyDatabase(connection, backup);
  }
  await migrate(db, COLUMN_TYPES.sqlite);
}

/** Returns a file name that does not exist yet, so that earlier backups stay. */
async function freeName(path: string): Promise<string> {
  for (let count = 1; ; count++) {
    const candidate = count === 1 ? path : `${path}.${count}`;
    const exists = await stat(candidate).then(
      () => true,
      () => false,
    );
    if (!exists) return candidate;
  }
}

async function column(connection: SqliteConnection, sql: string): Promise<string[]> {
  const { rows } = await connection.query(sql, []);
  return rows.map(({ value }) => String(value));
}

function unusable(name: string, reason: string): TrainyardError {
  return new TrainyardError("unavailable", `the database ${name} cannot be used: ${reason}`);
}
