/**
 * The thread of one better-sqlite3 connection. A thread is needed because better-sqlite3 blocks (a commit syncs the disk).
 * Answers requests one after another. Knows SQL text and values, but no tables.
 */
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import Database from "better-sqlite3";
import { TrainyardError } from "../../domain/errors.ts";
import type { createProcedures } from "./sqlite-procedures.ts";
import type {
  ConnectionLevel,
  ConnectionRole,
  SqliteFailure,
  SqliteReply,
  SqliteRequest,
  SqliteResult,
  SqliteThreadOptions,
  SqlValue,
} from "./sqlite-protocol.ts";
import { installStaged, lockPath } from "./staged-restore.ts";

/** Maximum number of cached prepared statements. The store has far fewer, but the filters of lists make variants. */
const MAX_STATEMENTS = 200;
/** Pages of one backup step. A backup in one step is a snapshot, and does not restart when another connection writes. */
const ALL_PAGES = 0x7fffffff;

/** The journal mode of each kind of connection; null for a reader, which makes no changes. */
const JOURNALS: Readonly<Record<ConnectionRole, "WAL" | "DELETE" | null>> = { writer: "WAL", reader: null, copy: "DELETE" };

const NOTHING: SqliteResult = { rows: [], changes: 0 };

/** Locks the lock file until the process ends, however it ends. This is a lock of the operating system, not a file with a pid. */
function holdLock(path: string, timeoutMs: number): Database.Database {
  const lock = new Database(path, { timeout: timeoutMs });
  lock.exec("BEGIN EXCLUSIVE");
  return lock;
}

function openDatabase({ path, role, busyTimeoutMs }: SqliteThreadOptions): Database.Database {
  const journal = JOURNALS[role];
  const database = new Database(path, { readonly: journal === null, timeout: busyTimeoutMs });
  if (journal) database.pragma(`journal_mode = ${journal}`);
  database.pragma("foreign_keys = ON");
  return database;
}

function setLevel(database: Database.Database, { synchronous, maxBytes }: ConnectionLevel): void {
  database.pragma(`synchronous = ${synchronous}`);
  if (maxBytes === null) return;
  const pageBytes = database.pragma("page_size", { simple: true }) as number;
  database.pragma(`max_page_count = ${Math.max(1, Math.floor(maxBytes / pageBytes))}`);
}

/** Returns a function that runs statements, and caches prepared ones. */
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

/** Returns the buffers of the blobs in a result, which are transferred instead of copied. */
function blobsOf({ rows }: SqliteResult): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  for (const row of rows) {
    for (const value of Object.values(row)) {
      if (value instanceof Uint8Array && value.byteLength === value.buffer.byteLength) buffers.add(value.buffer);
    }
  }
  return [...buffers];
}

/** Frees the blobs of a request, which were transferred to this thread: the garbage collector, which knows only its heap, frees them late. */
function releaseBlobs(parameters: readonly SqlValue[]): void {
  for (const value of parameters) if (value instanceof Uint8Array) value.buffer.transfer(0);
}

function failureOf(error: unknown): SqliteFailure {
  if (error instanceof TrainyardError)
    return { message: error.message, code: "REFUSED", refusal: { code: error.code, errors: error.errors } };
  const { message, code, stack } = error as { message?: unknown; code?: unknown; stack?: string };
  // An error without a code is a bug, and its stack says where.
  return typeof code === "string"
    ? { message: String(message), code }
    : { message: String(message), code: "ERROR", ...(stack && { stack }) };
}

function serve(port: MessagePort, options: SqliteThreadOptions): void {
  const send = (reply: SqliteReply, blobs: ArrayBuffer[] = []): void => port.postMessage(reply, blobs);
  try {
    const lock = options.role === "writer" ? holdLock(lockPath(options.path), options.lockTimeoutMs ?? 0) : null;
    if (lock) installStaged(options.path);
    const database = openDatabase(options);
    const run = createRunner(database);
    let procedures: Promise<ReturnType<typeof createProcedures>> | null = null;
    // Loaded for the first procedure.
    const loaded = () =>
      (procedures ??= import("./sqlite-procedures.ts").then(
        (loaded) =>
          loaded.createProcedures({
            ...{ run, failureOf },
            isInTransaction: () => database.inTransaction,
            keepTemporary: (where) => database.pragma(`temp_store = ${where}`),
          }),
        (error: unknown) => {
          // The next call tries again: files may have run out for a moment.
          procedures = null;
          throw error;
        },
      ));
    const handle = async (request: Exclude<SqliteRequest, { kind: "query" }>): Promise<unknown> => {
      if (request.kind === "calls") return (await loaded())(request.calls);
      if (request.kind === "level") {
        setLevel(database, request.level);
      } else if (request.kind === "copy") {
        await database.backup(request.path, { progress: () => ALL_PAGES });
      } else {
        database.close();
        lock?.close();
        port.unref();
      }
      return NOTHING;
    };
    const answer = async (request: SqliteRequest): Promise<void> => {
      try {
        if (request.kind === "query") {
          const result = run(request.sql, request.parameters);
          send({ ok: true, result }, blobsOf(result));
        } else send({ ok: true, result: await handle(request) });
      } catch (error) {
        send({ ok: false, failure: failureOf(error) });
      } finally {
        if (request.kind === "query") releaseBlobs(request.parameters);
      }
    };
    // Replies are matched only by their order.
    let last = Promise.resolve();
    port.on("message", (request: SqliteRequest) => {
      last = last.then(() => answer(request));
    });
    send({ ok: true, result: NOTHING });
  } catch (error) {
    send({ ok: false, failure: failureOf(error) });
  }
}

if (parentPort) serve(parentPort, workerData as SqliteThreadOptions);
