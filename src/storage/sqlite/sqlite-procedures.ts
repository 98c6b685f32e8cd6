/** Runs procedures within a SQLite thread: the same queries as anywhere, on statements that run at once. Knows no tables. */
import { Kysely } from "kysely";
import { type ProcedureName, procedure } from "../queries/procedures.ts";
import type { Tables } from "../tables.ts";
import { createSqliteDialect } from "./sqlite-driver.ts";
import type { ConnectionLevel, ConnectionRole, SqliteResult, SqlValue } from "./sqlite-protocol.ts";

/** The thread's connection has the level that the main thread has set, and no other user while a procedure runs. */
const AS_IT_IS: ConnectionLevel = { synchronous: "FULL", maxBytes: null };

/**
 * Returns a function that runs a procedure. Statements run at once and what is between them are microtasks, so that no other
 * request is served before it has ended.
 */
export function createProcedures(
  run: (sql: string, parameters: readonly SqlValue[]) => SqliteResult,
  role: ConnectionRole,
): (name: ProcedureName, args: readonly unknown[]) => Promise<unknown> {
  const connection = {
    query: async (sql: string, parameters: readonly SqlValue[]) => plain(run(sql, parameters)),
    acquire: () => Promise.resolve(),
    release: () => undefined,
  };
  const begin = role === "writer" ? "immediate" : "deferred";
  const db = new Kysely<Tables>({ dialect: createSqliteDialect({ connection, level: AS_IT_IS, begin }) });
  return (name, args) => procedure(name)(db, ...args);
}

/** Makes blobs what they are on every other connection: `slice` of a Buffer is a view, and of a Uint8Array a copy. */
function plain(result: SqliteResult): SqliteResult {
  for (const row of result.rows as Record<string, SqlValue>[]) {
    for (const [name, value] of Object.entries(row))
      if (value instanceof Uint8Array) row[name] = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  return result;
}
