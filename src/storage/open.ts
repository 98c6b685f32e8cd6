/** Opens the SQLite store of a data directory, at the newest schema. */
import { join, resolve } from "node:path";
import type { Store } from "../domain/store/store.ts";
import { rememberModels } from "./decorators/model-cache.ts";
import { makeDataDir } from "./sqlite/data-dir.ts";
import type { IntegrityCheckBounds } from "./sqlite/integrity-check.ts";
import { SqliteError } from "./sqlite/sqlite-error.ts";
import { openingError } from "./sqlite/sqlite-failures.ts";
import { DATABASE_FILE, openSqliteStore } from "./sqlite/sqlite-store.ts";

export interface StoreOptions {
  /** Created when it is missing. */
  readonly dataDir: string;
  /** How long a statement waits for a lock that another process holds. */
  readonly busyTimeoutMs?: number;
  /** How long to wait for another process that uses the database to close it. */
  readonly lockTimeoutMs?: number;
  /** Maximum size of the database; null: no limit but the disk. */
  readonly maxDatabaseBytes?: number | null;
  /** Disk space reserved for changes of state while the disk is full. */
  readonly reserveBytes?: number;
  /** Interval between probes of a database that cannot be written. */
  readonly probeMs?: number;
  /**
   * Whether a job's transactions run as a whole in the thread of the database. The thread loads the queries for the first one, some 0.2 s
   * from a build and 1 s from the sources: worthwhile for a server. Default false.
   */
  readonly callsProcedures?: boolean;
  readonly integrityCheckBounds?: IntegrityCheckBounds;
}

/** Opens the store. Throws a TrainyardError "unavailable" with a one-line message when the database cannot be opened. */
export async function openStore({
  dataDir,
  busyTimeoutMs = 5000,
  lockTimeoutMs = 0,
  maxDatabaseBytes = null,
  reserveBytes = 0,
  probeMs = 1000,
  ...rest
}: StoreOptions): Promise<Store> {
  const folder = resolve(dataDir);
  await makeDataDir(folder);
  try {
    const options = { folder, busyTimeoutMs, lockTimeoutMs, maxBytes: maxDatabaseBytes, reserveBytes, probeMs, ...rest };
    return rememberModels(await openSqliteStore(options));
  } catch (error) {
    throw error instanceof SqliteError ? openingError(join(folder, DATABASE_FILE), error) : error;
  }
}
