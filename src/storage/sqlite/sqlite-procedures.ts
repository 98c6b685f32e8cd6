/**
 * Runs procedures within a SQLite thread: the same queries as elsewhere, on synchronous statements. Procedures that wait at the same time
 * are committed together, because a commit syncs the disk and takes longer than the statements of a job. Knows no tables.
 */
import { Kysely } from "kysely";
import { procedure } from "../queries/procedures.ts";
import type { Tables } from "../tables.ts";
import { createSqliteDialect } from "./sqlite-driver.ts";
import type { ConnectionLevel, SqliteCall, SqliteFailure, SqliteReply, SqliteResult, SqlValue } from "./sqlite-protocol.ts";

/** The thread's connection has the level that the main thread has set, and no other user while a procedure runs. */
const AS_IT_IS: ConnectionLevel = { synchronous: "FULL", maxBytes: null };

/** The connection of the thread. */
interface OwnConnection {
  run(sql: string, parameters: readonly SqlValue[]): SqliteResult;
  /** False if SQLite has rolled back by itself, as on a full disk. */
  isInTransaction(): boolean;
  /** Where SQLite keeps what a savepoint may undo, once that is more than 64 KiB. Cannot be changed within a transaction. */
  keepTemporary(where: "memory" | "default"): void;
  failureOf(error: unknown): SqliteFailure;
}

/**
 * Returns a function that runs procedures in order, commits them together, and returns a reply for each. A failed one undoes only its own
 * changes. If all of them are lost, each runs again by itself, so that none fails because of another. Statements are synchronous and
 * everything between them is microtasks, so no other request is served before all have ended.
 */
export function createProcedures({ run, isInTransaction, keepTemporary, failureOf }: OwnConnection) {
  const connection = {
    query: async (sql: string, parameters: readonly SqlValue[]) => plain(run(sql, parameters)),
    acquire: () => Promise.resolve(),
    release: () => undefined,
  };
  const open = (begin: "immediate" | "nested") =>
    new Kysely<Tables>({ dialect: createSqliteDialect({ connection, level: AS_IT_IS, begin }) });
  const [whole, part] = [open("immediate"), open("nested")];
  const reply = async (db: Kysely<Tables>, { name, args }: SqliteCall): Promise<SqliteReply> => {
    try {
      return { ok: true, result: await procedure(name)(db, ...args) };
    } catch (error) {
      return { ok: false, failure: failureOf(error) };
    }
  };
  /** Runs a procedure in a transaction of its own, which costs no savepoint. */
  const alone = (call: SqliteCall): Promise<SqliteReply> => reply(whole, call);
  /** Runs procedures in the current transaction, and commits it. Returns their replies; null if all their changes are lost. */
  const within = async (calls: readonly SqliteCall[]): Promise<readonly SqliteReply[] | null> => {
    const replies: SqliteReply[] = [];
    for (const call of calls) {
      replies.push(await reply(part, call));
      // The next one would otherwise be committed by itself.
      if (!isInTransaction()) return null;
    }
    try {
      run("commit", []);
      return replies;
    } catch {
      if (isInTransaction()) run("rollback", []);
      return null;
    }
  };
  const together = async (calls: readonly SqliteCall[]): Promise<readonly SqliteReply[] | null> => {
    // A temporary file would fail without a writable folder, and costs more than a commit saves.
    keepTemporary("memory");
    try {
      run("begin immediate", []);
      return await within(calls);
    } catch (error) {
      // Waiting for another process once is enough.
      const failure = failureOf(error);
      return calls.map(() => ({ ok: false, failure }));
    } finally {
      keepTemporary("default");
    }
  };
  return async (calls: readonly SqliteCall[]): Promise<readonly SqliteReply[]> => {
    const replies = calls.length > 1 ? await together(calls) : null;
    if (replies) return replies;
    const own: SqliteReply[] = [];
    for (const call of calls) own.push(await alone(call));
    return own;
  };
}

/** Makes blobs the same as on every other connection: `slice` of a Buffer is a view, and of a Uint8Array a copy. */
function plain(result: SqliteResult): SqliteResult {
  for (const row of result.rows as Record<string, SqlValue>[]) {
    for (const [name, value] of Object.entries(row))
      if (value instanceof Uint8Array) row[name] = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  return result;
}
