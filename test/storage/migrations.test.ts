import { join } from "node:path";
import Database from "better-sqlite3";
import { Kysely, SqliteDialect } from "kysely";
import { describe, expect, it } from "vitest";
import * as jobs from "../../migrations/0001-jobs.ts";
import * as datasets from "../../migrations/0002-datasets.ts";
import * as evaluations from "../../migrations/0003-evaluations.ts";
import { openStore } from "../../src/storage/open.ts";
import { temporaryFolder } from "../contract/temporary.ts";

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
