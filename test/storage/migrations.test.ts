import { join } from "node:path";
import Database from "better-sqlite3";
import { Kysely, SqliteDialect } from "kysely";
import { describe, expect, it } from "vitest";
import * as jobs from "../../migrations/0001-jobs.ts";
import * as datasets from "../../migrations/0002-datasets.ts";
import * as evaluations from "../../migrations/0003-evaluations.ts";
import { MIGRATION_NAMES } from "../../src/storage/migrations.ts";
import { openStore } from "../../src/storage/open.ts";
import { appliedMigrations, bringUpToDate } from "../../src/storage/schema.ts";
import { openSqliteConnection, type SqliteConnection } from "../../src/storage/sqlite/sqlite-connection.ts";
import { createSqliteDialect } from "../../src/storage/sqlite/sqlite-driver.ts";
import type { Tables } from "../../src/storage/tables.ts";
import { temporaryFolder } from "../contract/databases/temporary.ts";

/** A database as it was before there were projects, with a model, its evaluation and an alias. */
async function writeOldDatabase(dataDir: string): Promise<void> {
  const database = new Database(join(dataDir, "trainyard.db"));
  database.pragma("foreign_keys = ON");
  const db = new Kysely<unknown>({ dialect: new SqliteDialect({ database }) });
  for (const { up } of [jobs, datasets, evaluations]) await up(db, { bytes: "blob" });
  database.exec(`
    create table kysely_migration (name varchar(255) not null primary key, timestamp varchar(255) not null);
    create table kysely_migration_lock (id varchar(255) not null primary key, is_locked integer not null default 0);
    insert into kysely_migration_lock values ('migration_lock', 0);
    insert into kysely_migration values ('0001-jobs', '1'), ('0002-datasets', '2'), ('0003-evaluations', '3');
    insert into model_names values ('moons', 4);
    insert into models values ('mdl_a', 'moons', 4, '{"stage":"draft"}', null, 'ab', 3, '{"weights":[]}', '{"final":{},"best":{}}', 7);
    insert into evaluations values ('mdl_a', '{"train":null}');
    insert into aliases values ('moons', 'live', 4);
    insert into datasets values ('ds_a', 'table', 'csv', 'cd', 6, 2, 1, '[{"name":"x","values":null}]', '[]', '[1]', 1, 9);
  `);
  await db.destroy();
}

describe("a database from before there were projects", () => {
  it("keeps its models, names, aliases, evaluations and data sets, as those of the first project", async () => {
    const dataDir = await temporaryFolder();
    await writeOldDatabase(dataDir);
    const store = await openStore({ dataDir });
    const ours = store.ofProject("default");
    expect(await ours.models.find({ kind: "alias", name: "moons", alias: "live" })).toMatchObject({
      id: "mdl_a",
      version: 4,
      aliases: ["live"],
      tags: { stage: "draft" },
    });
    expect(await ours.models.readEvaluation("mdl_a")).toEqual({ train: null });
    expect(await ours.datasets.find("cd", "csv")).toMatchObject({ summary: { id: "ds_a" } });
    expect(await store.ofProject("other").models.get("mdl_a")).toBeNull();
    expect(await ours.models.delete("mdl_a")).toEqual({ deleted: false, aliases: ["live"] });
    await ours.models.deleteAlias("moons", "live");
    expect(await ours.models.delete("mdl_a")).toMatchObject({ deleted: true });
    expect(await ours.models.readEvaluation("mdl_a")).toBeNull();
    await store.close();
  });
});

/** Makes the schema of a new database in two starts, the first of which ends at its n-th statement. Says whether it came so far. */
async function inTwoStarts(count: number): Promise<boolean> {
  const path = join(await temporaryFolder(), "trainyard.db");
  const whole = await openSqliteConnection({ path, role: "writer", busyTimeoutMs: 1000 });
  let left = count;
  const cut: SqliteConnection = {
    ...whole,
    query: (...statement) => (left-- > 0 ? whole.query(...statement) : Promise.reject(new Error("killed"))),
  };
  const start = async (connection: SqliteConnection): Promise<void> => {
    const level = { synchronous: "NORMAL", maxBytes: null } as const;
    const db = new Kysely<Tables>({ dialect: createSqliteDialect({ connection, level, begin: "immediate" }) });
    await bringUpToDate(connection, db, path);
  };
  const isWhole = await start(cut).then(
    () => true,
    () => false,
  );
  // As the end of a process does it.
  await whole.query("rollback", []).catch(() => undefined);
  await start(whole);
  expect(await appliedMigrations(whole, path)).toEqual(MIGRATION_NAMES);
  await whole.close();
  return isWhole;
}

describe("a database whose first start was cut short", () => {
  it("is brought to the newest schema by the next start, whatever statement was the last", async () => {
    // The first statements are those of the migrator, each a transaction of its own.
    for (let count = 0; count < 16; count++) expect(await inTwoStarts(count), `statement ${count}`).toBe(false);
    expect(await inTwoStarts(1000)).toBe(true);
  });
});
