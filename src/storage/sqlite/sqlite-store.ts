/** Opens a store on a SQLite file: its connections, its checks at the start, and its health. */
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Kysely, sql } from "kysely";
import { TrainyardError } from "../../domain/errors.ts";
import type { Store } from "../../domain/store/store.ts";
import { type CallProcedure, callHere, type ResultOf, tensorBytes } from "../queries/procedures.ts";
import { bringUpToDate } from "../schema.ts";
import { createStore } from "../store.ts";
import type { Tables } from "../tables.ts";
import { createHealthKeeper, type HealthKeeper, type Probe } from "./health.ts";
import { checkIntegrity, depthFor, INTEGRITY_CHECK_BOUNDS, type IntegrityCheckBounds } from "./integrity-check.ts";
import { createReserve } from "./reserve.ts";
import { type CallerOptions, createCaller } from "./sqlite-caller.ts";
import { openSqliteConnection, type SqliteConnection } from "./sqlite-connection.ts";
import { createSqliteDialect, type SqliteDialectOptions } from "./sqlite-driver.ts";
import { SqliteError } from "./sqlite-error.ts";
import { failureOf } from "./sqlite-failures.ts";
import type { ConnectionLevel } from "./sqlite-protocol.ts";

export interface SqliteStoreOptions {
  /** An existing folder. */
  readonly folder: string;
  readonly busyTimeoutMs: number;
  readonly lockTimeoutMs: number;
  /** Maximum size of the database; null: no limit but the disk. */
  readonly maxBytes: number | null;
  /** Disk space reserved for changes of state while the disk is full. */
  readonly reserveBytes: number;
  readonly probeMs: number;
  /** See StoreOptions. */
  readonly callsProcedures?: boolean;
  readonly integrityCheckBounds?: IntegrityCheckBounds;
}

export const DATABASE_FILE = "trainyard.db";
/** Bytes of a probe that tests for free space: more than a change of state needs. */
const PROBE_BYTES = 256 * 1024;
/** Maximum bytes of tensors copied into the thread of a connection with a transaction: one chunk of a blob. */
const MAX_COPIED_BYTES = 256 * 1024;
/** The part of a size limit that only state changes may use: this many bytes, or an eighth of the limit if that is less. */
const KEPT_BYTES = 16 * 1024 * 1024;

/** Opens the store. Throws a SqliteError, or a TrainyardError "unavailable". */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const { folder, busyTimeoutMs, lockTimeoutMs, reserveBytes, probeMs } = options;
  const path = join(folder, DATABASE_FILE);
  const reserve = createReserve(join(folder, "trainyard.reserve"), reserveBytes);
  const health = createHealthKeeper({ reserve, reserveBytes, probeMs });
  const opened: SqliteConnection[] = [];
  const close = async (): Promise<void> => {
    health.close();
    // Close the writer last: it checkpoints the write-ahead log into the database.
    for (const connection of opened.toReversed()) await connection.close();
  };
  const open = async (role: "writer" | "reader"): Promise<SqliteConnection> => {
    const connection = await openSqliteConnection({ path, role, busyTimeoutMs, lockTimeoutMs });
    opened.push(connection);
    return connection;
  };
  try {
    const writer = await open("writer").catch(async (error: unknown) => {
      if (!(error instanceof SqliteError && failureOf(error)?.status === "full")) throw error;
      // Opening needs a little disk space too: release the reserve and try again.
      await reserve.release();
      return open("writer");
    });
    const depth = await depthFor(writer, options.integrityCheckBounds ?? INTEGRITY_CHECK_BOUNDS);
    if (depth !== "later") await checkIntegrity(writer, depth);
    await assertNoOtherWriter(writer);
    const unguarded = { connection: writer, level: { synchronous: "FULL", maxBytes: null }, begin: "immediate" } as const;
    await bringUpToDate(writer, kysely(unguarded), path);
    const reader = await open("reader");
    const databases = databasesOf(writer, reader, health, options.maxBytes);
    await health.start(databases.probe);
    if (depth === "later") checkIntegrityLater(path, busyTimeoutMs, health);
    const call = options.callsProcedures ? { call: callThere(databases.writers, databases) } : {};
    return createStore({ ...databases, ...call, health, scrub: () => scrub(databases.writer), close });
  } catch (error) {
    await close();
    throw error;
  }
}

/** Throws when another program writes to the database. The lock file keeps out only processes of Trainyard. */
async function assertNoOtherWriter(writer: SqliteConnection): Promise<void> {
  for (const statement of ["begin immediate", "rollback"]) await writer.query(statement, []);
}

function databasesOf(writer: SqliteConnection, reader: SqliteConnection, health: HealthKeeper, maxBytes: number | null) {
  const keptBytes = maxBytes === null ? 0 : Math.min(KEPT_BYTES, Math.floor(maxBytes / 8));
  const additions = maxBytes === null ? null : maxBytes - keptBytes;
  const changes: ConnectionLevel = { synchronous: "FULL", maxBytes };
  // One level if nothing is reserved for changes, so that both are committed together.
  const adds = additions === maxBytes ? changes : { ...changes, maxBytes: additions };
  const levels: Record<"changes" | "adds" | "bulk", ConnectionLevel> = {
    ...{ changes, adds },
    bulk: { synchronous: "NORMAL", maxBytes: additions },
  };
  const onFailure = health.fail;
  const options = (level: ConnectionLevel, kind: "adds" | "changes") =>
    ({ connection: writer, level, begin: "immediate", onFailure, admit: () => health.assertWritable(kind) }) as const;
  const writers = { writer: options(levels.changes, "changes"), insertWriter: options(levels.adds, "adds") };
  const probing = kysely({ connection: writer, level: levels.adds, begin: "immediate" });
  return {
    reader: kysely({ connection: reader, level: { synchronous: "FULL", maxBytes: null }, begin: "deferred", onFailure }),
    ...{ writer: kysely(writers.writer), insertWriter: kysely(writers.insertWriter) },
    bulkWriter: kysely(options(levels.bulk, "adds")),
    probe: createProbe(probing),
    writers,
  };
}

/** Pauses while a reader still holds the write-ahead log, and their number. */
const LOG_PAUSE_MS = 50;
const LOG_TRIES = 1200;

/**
 * Rewrites the database file from its live rows, and empties the write-ahead log. `secure_delete` is not enough: when SQLite splits a page,
 * it leaves the bytes of moved rows behind. Writers wait meanwhile, about a second for 100 MB; readers and the event loop do not.
 */
async function scrub(writer: Kysely<Tables>): Promise<string> {
  await sql`vacuum`.execute(writer);
  for (let tries = 0; tries < LOG_TRIES; tries++) {
    const { rows } = await sql<{ busy: number }>`pragma wal_checkpoint(truncate)`.execute(writer);
    if (rows[0]?.busy === 0)
      return "SQLite: the file was rewritten from its live rows (VACUUM), and the write-ahead log emptied";
    await delay(LOG_PAUSE_MS);
  }
  throw new TrainyardError("unavailable", "a reader holds the write-ahead log of the database, which cannot be emptied");
}

type WriterOptions = Omit<CallerOptions, "usesReserve">;

/** Runs procedures in the thread of the writer; those with large tensors from here, in chunks, so that nobody waits long. */
function callThere(
  writers: Readonly<Record<"writer" | "insertWriter", WriterOptions>>,
  databases: Parameters<typeof callHere>[0],
): CallProcedure {
  const here = callHere(databases);
  const there = {
    writer: createCaller({ ...writers.writer, usesReserve: true }),
    insertWriter: createCaller({ ...writers.insertWriter, usesReserve: false }),
  };
  return (on, name, ...args) =>
    tensorBytes(name, args) > MAX_COPIED_BYTES
      ? here(on, name, ...args)
      : (there[on](name, args) as Promise<ResultOf<typeof name>>);
}

function createProbe(db: Kysely<Tables>): Probe {
  const id = "probe";
  return {
    async write() {
      await db.deleteFrom("blob_chunks").where("blob_id", "=", id).execute();
      const chunk = { blob_id: id, position: 0, bytes: new Uint8Array(PROBE_BYTES) };
      await db.insertInto("blob_chunks").values(chunk).execute();
      await db.deleteFrom("blob_chunks").where("blob_id", "=", id).execute();
    },
    async freeBytes() {
      const { rows } = await sql<{
        bytes: number;
      }>`select freelist_count * page_size as bytes from pragma_freelist_count, pragma_page_size`.execute(db);
      return rows[0]?.bytes ?? 0;
    },
  };
}

/** Checks a database in the background when it is too large to be checked before it is used. */
function checkIntegrityLater(path: string, busyTimeoutMs: number, health: HealthKeeper): void {
  const check = async (): Promise<void> => {
    const connection = await openSqliteConnection({ path, role: "reader", busyTimeoutMs });
    try {
      await checkIntegrity(connection, "pages");
    } finally {
      await connection.close();
    }
  };
  check().catch((error: unknown) => (error instanceof SqliteError ? health.fail(error) : undefined));
}

function kysely(options: SqliteDialectOptions): Kysely<Tables> {
  return new Kysely<Tables>({ dialect: createSqliteDialect(options) });
}
