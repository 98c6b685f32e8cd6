/**
 * Runs procedures within a SQLite thread: the same queries as anywhere, on statements that run at once. Those that wait at the same time
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
  /** False where SQLite has rolled back by itself, as on a full disk. */
  isInTransaction(): boolean;
  failureOf(error: unknown): SqliteFailure;
}

/**
 * Returns a function that runs procedures in order, commits them together, and returns a reply for each. One that fails takes back its own
 * changes alone. Where the commit fails, each is run again by itself, so that none fails for another. Statements run at once and what
 * is between them are microtasks, so that no other request is served before all have ended.
 */
export function createProcedures({ run, isInTransaction, failureOf }: OwnConnection) {
  const connection = {
    query: async (sql: string, parameters: readonly SqlValue[]) => plain(run(sql, parameters)),
    acquire: () => Promise.resolve(),
    release: () => undefined,
  };
  const db = new Kysely<Tables>({ dialect: createSqliteDialect({ connection, level: AS_IT_IS, begin: "nested" }) });
  const reply = async ({ name, args }: SqliteCall): Promise<SqliteReply> => {
    try {
      return { ok: true, result: await procedure(name)(db, ...args) };
    } catch (error) {
      return { ok: false, failure: failureOf(error) };
    }
  };
  /** Runs procedures in one transaction: their replies, or why all that they did is lost. */
  const together = async (calls: readonly SqliteCall[]): Promise<{ replies: SqliteReply[]; lost: SqliteFailure | null }> => {
    const replies: SqliteReply[] = [];
    try {
      run("begin immediate", []);
      for (const call of calls) {
        const answer = await reply(call);
        if (!answer.ok && !isInTransaction()) return { replies, lost: answer.failure };
        replies.push(answer);
      }
      run("commit", []);
      return { replies, lost: null };
    } catch (error) {
      if (isInTransaction()) run("rollback", []);
      return { replies, lost: failureOf(error) };
    }
  };
  return async (calls: readonly SqliteCall[]): Promise<readonly SqliteReply[]> => {
    const { replies, lost } = await together(calls);
    if (!lost) return replies;
    if (calls.length === 1) return [{ ok: false, failure: lost }];
    const own: SqliteReply[] = [];
    for (const call of calls) {
      const alone = await together([call]);
      own.push(alone.lost ? { ok: false, failure: alone.lost } : (alone.replies[0] as SqliteReply));
    }
    return own;
  };
}

/** Makes blobs what they are on every other connection: `slice` of a Buffer is a view, and of a Uint8Array a copy. */
function plain(result: SqliteResult): SqliteResult {
  for (const row of result.rows as Record<string, SqlValue>[]) {
    for (const [name, value] of Object.entries(row))
      if (value instanceof Uint8Array) row[name] = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  return result;
}
