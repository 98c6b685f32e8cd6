/** Which schema a database has, whether this version can use it, and how it comes to the newest one. */
import { stat } from "node:fs/promises";
import type { Kysely } from "kysely";
import { TrainyardError } from "../domain/errors.ts";
import { COLUMN_TYPES } from "./dialect.ts";
import { MIGRATION_NAMES, migrate } from "./migrations.ts";
import { assertRoom, copyDatabase } from "./sqlite/copy.ts";
import { sizeOf } from "./sqlite/integrity-check.ts";
import type { SqliteConnection } from "./sqlite/sqlite-connection.ts";
import type { Tables } from "./tables.ts";

/** Migrations write tables anew: beside the backup there must be room for as much again. */
const MIGRATION_FACTOR = 2;

/**
 * The migrations that a database has been through; none when it is empty. Throws "unavailable", with the name that the
 * superuser knows it by, when it is another program's or a newer version's.
 */
export async function appliedMigrations(connection: SqliteConnection, name: string): Promise<readonly string[]> {
  const tables = await column(connection, "select name as value from sqlite_master where type = 'table'");
  const applied = tables.includes("kysely_migration")
    ? await column(connection, "select name as value from kysely_migration order by name")
    : [];
  assertUsable({ tables, applied }, name);
  return applied;
}

/** What is in a database, before anything is changed in it. */
export interface SchemaReading {
  readonly tables: readonly string[];
  readonly applied: readonly string[];
}

/** Throws "unavailable" when a database is another program's or a newer version's. */
export function assertUsable({ tables, applied }: SchemaReading, name: string): void {
  if (tables.length === 0) return;
  if (!tables.includes("jobs") && applied.length > 0) throw unusable(name, "it has migrations, and no jobs");
  if (applied.length === 0) throw unusable(name, "it is not a database of Trainyard's");
  const newer = applied.find((migration) => !MIGRATION_NAMES.includes(migration));
  if (newer === undefined) return;
  throw unusable(
    name,
    `a newer Trainyard wrote it (migration ${newer}; this version's last is ${MIGRATION_NAMES.at(-1)}): start that version, or restore a backup from before`,
  );
}

/** Brings a database to the newest schema. One that has data is copied first; the copy stays. */
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

/** A backup that is there from an earlier time stays. */
async function freeName(path: string): Promise<string> {
  for (let count = 1; ; count++) {
    const candidate = count === 1 ? path : `${path}.${count}`;
    const isTaken = await stat(candidate).then(
      () => true,
      () => false,
    );
    if (!isTaken) return candidate;
  }
}

async function column(connection: SqliteConnection, sql: string): Promise<string[]> {
  const { rows } = await connection.query(sql, []);
  return rows.map(({ value }) => String(value));
}

function unusable(name: string, reason: string): TrainyardError {
  return new TrainyardError("unavailable", `the database ${name} cannot be used: ${reason}`);
}
