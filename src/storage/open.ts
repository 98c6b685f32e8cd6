/** Opens the database that the configuration names, at the newest schema. The only place that chooses one. */
import { access, constants, mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Kysely } from "kysely";
import { TrainyardError } from "../domain/errors.ts";
import type { Store } from "../domain/ports.ts";
import { migrate } from "./migrations.ts";
import { openSqliteConnection, type SqliteConnection, SqliteError } from "./sqlite-connection.ts";
import { createSqliteDialect, type SqliteDialectOptions } from "./sqlite-driver.ts";
import { createStore } from "./store.ts";
import type { Tables } from "./tables.ts";

export interface StoreOptions {
  /** Made when it is missing. */
  readonly dataDir: string;
  /** How long a statement waits for a lock that another process holds. */
  readonly busyTimeoutMs?: number;
}

/** Why a database cannot be used, by the code that SQLite gives. */
const REASONS: Readonly<Record<string, string>> = {
  SQLITE_BUSY: "another process is using it",
  SQLITE_CANTOPEN: "it cannot be opened",
  SQLITE_READONLY: "it cannot be written",
  SQLITE_NOTADB: "it is not a SQLite database",
  SQLITE_CORRUPT: "it is damaged",
  SQLITE_FULL: "the disk is full",
};

/** Opens the store. Throws a TrainyardError "unavailable", one line for the operator, when that cannot be done. */
export async function openStore({ dataDir, busyTimeoutMs = 5000 }: StoreOptions): Promise<Store> {
  const folder = resolve(dataDir);
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
  } catch (error) {
    throw unavailable(`the data directory ${folder} cannot be written (${(error as NodeJS.ErrnoException).code})`);
  }
  const path = join(folder, "trainyard.db");
  try {
    return await openSqliteStore(path, busyTimeoutMs);
  } catch (error) {
    if (!(error instanceof SqliteError)) throw error;
    const reason = Object.entries(REASONS).find(([code]) => error.code.startsWith(code))?.[1] ?? error.message;
    throw unavailable(`the database ${path} cannot be used: ${reason} (${error.code})`);
  }
}

/** One thread writes, one reads: in WAL mode neither waits for the other. */
async function openSqliteStore(path: string, busyTimeoutMs: number): Promise<Store> {
  const opened: SqliteConnection[] = [];
  const close = async (): Promise<void> => {
    // The writer last: it folds the write-ahead log into the database.
    for (const connection of opened.toReversed()) await connection.close();
  };
  try {
    const writer = await openSqliteConnection({ path, readonly: false, lockPath: `${path}.lock`, busyTimeoutMs });
    opened.push(writer);
    const durable = kysely({ connection: writer, synchronous: "FULL", begin: "immediate" });
    await migrate(durable, { bytes: "blob" });
    const reader = await openSqliteConnection({ path, readonly: true, lockPath: null, busyTimeoutMs });
    opened.push(reader);
    return createStore({
      reader: kysely({ connection: reader, synchronous: "FULL", begin: "deferred" }),
      writer: durable,
      metricsWriter: kysely({ connection: writer, synchronous: "NORMAL", begin: "immediate" }),
      close,
    });
  } catch (error) {
    await close();
    throw error;
  }
}

function kysely(options: SqliteDialectOptions): Kysely<Tables> {
  return new Kysely<Tables>({ dialect: createSqliteDialect(options) });
}

function unavailable(detail: string): TrainyardError {
  return new TrainyardError("unavailable", detail);
}
