/**
 * The thread that holds one better-sqlite3 connection, because better-sqlite3 blocks (a commit syncs the disk). Answers
 * requests one after another. Knows SQL text and values, nothing of tables.
 */
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import Database from "better-sqlite3";
import type {
  SqliteFailure,
  SqliteReply,
  SqliteRequest,
  SqliteResult,
  SqliteThreadOptions,
  SqlValue,
} from "./sqlite-protocol.ts";

/** Prepared statements kept; the store has far fewer, but a list's filters make variants. */
const MAX_STATEMENTS = 200;

const NOTHING: SqliteResult = { rows: [], changes: 0 };

/** Holds the lock file until the process ends, however it ends: a lock of the operating system, not a file with a number in it. */
function holdLock(path: string): Database.Database {
  const lock = new Database(path, { timeout: 0 });
  lock.exec("BEGIN EXCLUSIVE");
  return lock;
}

function openDatabase({ path, readonly, busyTimeoutMs }: SqliteThreadOptions): Database.Database {
  const database = new Database(path, { readonly, timeout: busyTimeoutMs });
  if (!readonly) database.pragma("journal_mode = WAL");
  database.pragma("foreign_keys = ON");
  return database;
}

/** Runs statements, keeping those it has prepared. */
function createRunner(database: Database.Database) {
  const statements = new Map<string, Database.Statement>();
  const prepared = (sql: string): Database.Statement => {
    const known = statements.get(sql);
    if (known) return known;
    const statement = database.prepare(sql);
    if (statements.size >= MAX_STATEMENTS) statements.delete(statements.keys().next().value as string);
    statements.set(sql, statement);
    return statement;
  };
  return (sql: string, parameters: readonly SqlValue[]): SqliteResult => {
    const statement = prepared(sql);
    if (statement.reader) return { rows: statement.all(parameters) as SqliteResult["rows"], changes: 0 };
    return { rows: [], changes: statement.run(parameters).changes };
  };
}

/** The memory of blobs in an answer, which moves instead of being copied. */
function blobsOf({ rows }: SqliteResult): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  for (const row of rows) {
    for (const value of Object.values(row)) {
      if (value instanceof Uint8Array && value.byteLength === value.buffer.byteLength) buffers.add(value.buffer);
    }
  }
  return [...buffers];
}

function failureOf(error: unknown): SqliteFailure {
  const { message, code } = error as { message?: unknown; code?: unknown };
  return { message: String(message), code: typeof code === "string" ? code : "ERROR" };
}

function serve(port: MessagePort, options: SqliteThreadOptions): void {
  const send = (reply: SqliteReply): void => {
    port.postMessage(reply, reply.ok ? blobsOf(reply.result) : []);
  };
  try {
    const lock = options.lockPath === null ? null : holdLock(options.lockPath);
    const database = openDatabase(options);
    const run = createRunner(database);
    const handle = (request: SqliteRequest): SqliteResult => {
      if (request.kind === "query") return run(request.sql, request.parameters);
      if (request.kind === "synchronous") {
        database.pragma(`synchronous = ${request.level}`);
      } else {
        database.close();
        lock?.close();
        port.unref();
      }
      return NOTHING;
    };
    port.on("message", (request: SqliteRequest) => {
      try {
        send({ ok: true, result: handle(request) });
      } catch (error) {
        send({ ok: false, failure: failureOf(error) });
      }
    });
    send({ ok: true, result: NOTHING });
  } catch (error) {
    send({ ok: false, failure: failureOf(error) });
  }
}

if (parentPort) serve(parentPort, workerData as SqliteThreadOptions);
