/** Opens the database that the configuration names, at the newest schema. The only place that chooses one. */
import { join, resolve } from "node:path";
import type { Store } from "../domain/store/store.ts";
import { rememberModels } from "./decorators/model-cache.ts";
import { makeDataDir } from "./sqlite/data-dir.ts";
import type { IntegrityCheckBounds } from "./sqlite/integrity-check.ts";
import { SqliteError } from "./sqlite/sqlite-connection.ts";
import { openingError } from "./sqlite/sqlite-failures.ts";
import { DATABASE_FILE, openSqliteStore } from "./sqlite/sqlite-store.ts";

export interface StoreOptions {
  /** Made when it is missing. */
  readonly dataDir: string;
  /** How long a statement waits for a lock that another process holds. */
  readonly busyTimeoutMs?: number;
  /** How long to wait for a process that uses the database to let go of it. */
  readonly lockTimeoutMs?: number;
  /** Size up to which the database may grow; null: as far as the disk goes. */
  readonly maxDatabaseBytes?: number | null;
  /** Room on the disk that is kept for changes of state when there is no other. */
  readonly reserveBytes?: number;
  /** How often a database that cannot be written is tried. */
  readonly probeMs?: number;
  readonly integrityCheckBounds?: IntegrityCheckBounds;
}

/** Opens the store. Throws a TrainyardError "unavailable", one line for the superuser, when that cannot be done. */
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
