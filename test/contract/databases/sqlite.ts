/** SQLite for the contract tests: each gets an empty store. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, onTestFinished } from "vitest";
import type { Store } from "../../../src/domain/store/store.ts";
import { rememberModels } from "../../../src/storage/decorators/model-cache.ts";
import { DATABASE_FILE, openSqliteStore } from "../../../src/storage/sqlite/sqlite-store.ts";

interface OpenedStore {
  readonly folder: string;
  readonly store: Store;
}

/** The options with which a server opens it. */
const OPTIONS = {
  ...{ busyTimeoutMs: 5000, lockTimeoutMs: 0, maxBytes: null, reserveBytes: 0, probeMs: 1000 },
  callsProcedures: true,
};

/** Stores that no test is using. */
const idle: OpenedStore[] = [];

afterAll(async () => {
  for (const { folder, store } of idle.splice(0)) {
    await store.close();
    await rm(folder, { recursive: true });
  }
});

/**
 * Opens an empty store. Opening a database with its threads takes far longer than emptying one, so the tests of a file use the same one in turn:
 * `close` empties it for the next.
 */
export async function openEmptySqlite(): Promise<Store> {
  const opened = idle.pop() ?? (await open());
  let closed: Promise<void> | null = null;
  const giveBack = async (): Promise<void> => {
    empty(join(opened.folder, DATABASE_FILE));
    idle.push(opened);
  };
  const close = (): Promise<void> => {
    closed ??= giveBack();
    return closed;
  };
  onTestFinished(close);
  // The cache of models belongs to the test.
  return { ...rememberModels(opened.store), close };
}

async function open(): Promise<OpenedStore> {
  const folder = await mkdtemp(join(tmpdir(), "trainyard-"));
  return { folder, store: await openSqliteStore({ ...OPTIONS, folder }) };
}

/** Deletes the rows of every table except the record of migrations, in any order. */
function empty(path: string): void {
  const database = new Database(path);
  try {
    database.pragma("synchronous = OFF");
    database.pragma("foreign_keys = OFF");
    const tables = database
      .prepare("select name from sqlite_master where type = 'table' and name not like 'kysely%' and name not like 'sqlite%'")
      .pluck()
      .all();
    database.transaction(() => {
      for (const name of tables) database.exec(`delete from "${name}"`);
    })();
  } finally {
    database.close();
  }
}
