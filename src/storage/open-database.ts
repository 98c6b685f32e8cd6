/** Opens a database by its address, `sqlite:FOLDER` or `postgres://...`, at the newest schema. For programs without a server. */
import { join, resolve } from "node:path";
import { Kysely } from "kysely";
import { TrainyardError } from "../domain/errors.ts";
import { HEALTHY } from "../domain/operation/store-health.ts";
import type { Store } from "../domain/store/store.ts";
import { bringUpToDate } from "./schema.ts";
import { makeDataDir } from "./sqlite/data-dir.ts";
import { openSqliteConnection } from "./sqlite/sqlite-connection.ts";
import { createSqliteDialect } from "./sqlite/sqlite-driver.ts";
import { SqliteError } from "./sqlite/sqlite-error.ts";
import { openingError } from "./sqlite/sqlite-failures.ts";
import { DATABASE_FILE } from "./sqlite/sqlite-store.ts";
import { createStore } from "./store.ts";
import type { Tables } from "./tables.ts";

export interface OpenedDatabase {
  readonly db: Kysely<Tables>;
  readonly store: Store;
  close(): Promise<void>;
}

const BUSY_TIMEOUT_MS = 5000;
const POOL = { size: 4, statementTimeoutMs: 0, connectTimeoutMs: 10_000 };
const ALWAYS_HEALTHY = { current: () => HEALTHY, onChange: () => () => undefined };

/**
 * Opens the database. Throws invalid for any other address, and "unavailable" with a one-line message when the database cannot
 * be opened, for example while a server uses the SQLite file.
 */
export async function openDatabase(address: string): Promise<OpenedDatabase> {
  if (/^postgres(ql)?:\/\//.test(address)) {
    const { openPostgresDatabase } = await import("./postgres/postgres-store.ts");
    const { db, close } = await openPostgresDatabase({ url: address, ...POOL });
    return opened(db, close);
  }
  if (address.startsWith("sqlite:")) return openSqlite(resolve(address.slice("sqlite:".length)));
  throw new TrainyardError("invalid", `"${address}" is not a database address: use sqlite:FOLDER or postgres://...`);
}

async function openSqlite(folder: string): Promise<OpenedDatabase> {
  await makeDataDir(folder);
  const path = join(folder, DATABASE_FILE);
  try {
    // The lock of a writer keeps servers out.
    const connection = await openSqliteConnection({ path, role: "writer", busyTimeoutMs: BUSY_TIMEOUT_MS });
    const level = { synchronous: "FULL", maxBytes: null } as const;
    const db = new Kysely<Tables>({ dialect: createSqliteDialect({ connection, level, begin: "immediate" }) });
    try {
      await bringUpToDate(connection, db, path);
    } catch (error) {
      await connection.close();
      throw error;
    }
    return opened(db, () => connection.close());
  } catch (error) {
    throw error instanceof SqliteError ? openingError(path, error) : error;
  }
}

function opened(db: Kysely<Tables>, close: () => Promise<void>): OpenedDatabase {
  const one = { reader: db, writer: db, insertWriter: db, bulkWriter: db };
  const scrub = () => Promise.reject(new Error("an offline program forgets no rows"));
  return { db, close, store: createStore({ ...one, health: ALWAYS_HEALTHY, scrub, close }) };
}
