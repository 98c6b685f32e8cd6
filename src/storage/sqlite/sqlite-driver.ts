/** Creates a Kysely dialect over a SQLite thread. Dialects may share a connection; its lock serialises their transactions. */
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";
import { type SqliteConnection, SqliteError } from "./sqlite-connection.ts";
import type { ConnectionLevel, SqlValue } from "./sqlite-protocol.ts";

export interface SqliteDialectOptions {
  readonly connection: SqliteConnection;
  /** Durability of the commits of this dialect, and maximum size of the database for them. Compared by identity. */
  readonly level: ConnectionLevel;
  /** "immediate" acquires the write lock at the start, so that a transaction never fails half way because of another. */
  readonly begin: "immediate" | "deferred";
  /** Called before every use of the connection; throws to refuse it. */
  readonly admit?: () => void;
  /** Returns the error to throw in place of SQLite's. Default: SQLite's own. */
  readonly onFailure?: (error: SqliteError) => Promise<Error>;
}

/** Creates the dialect. Destroying its Kysely leaves the connection open; whoever opened it must close it. */
export function createSqliteDialect(options: SqliteDialectOptions): Dialect {
  return {
    createDriver: () => createDriver(options),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createAdapter: () => new ThreadedSqliteAdapter(),
    createIntrospector: (db) => new SqliteIntrospector(db),
  };
}

class ThreadedSqliteAdapter extends SqliteAdapter {
  /** The connection's own lock serialises all dialects; Kysely would serialise each dialect separately. */
  override get supportsMultipleConnections(): boolean {
    return true;
  }

  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

function createDriver({ connection, level, begin, admit, onFailure }: SqliteDialectOptions): Driver {
  const orFail = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw error instanceof SqliteError && onFailure ? await onFailure(error) : error;
    }
  };
  const shared = createConnection((sql, parameters) => orFail(connection.query(sql, parameters)));
  const run = (text: string) => async (on: DatabaseConnection) => {
    await on.executeQuery(CompiledQuery.raw(text));
  };
  return {
    init: () => Promise.resolve(),
    acquireConnection: async () => {
      admit?.();
      await orFail(connection.acquire(level));
      return shared;
    },
    releaseConnection: async () => connection.release(),
    beginTransaction: run(`begin ${begin}`),
    commitTransaction: run("commit"),
    rollbackTransaction: async (on) => {
      try {
        await run("rollback")(on);
      } catch {
        // SQLite rolls back by itself on a full disk or an I/O error. The error that led here says more than this one.
      }
    },
    destroy: () => Promise.resolve(),
  };
}

function createConnection(query: SqliteConnection["query"]): DatabaseConnection {
  return {
    async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
      const { rows, changes } = await query(sql, parameters as readonly SqlValue[]);
      return { rows: rows as unknown as R[], numAffectedRows: BigInt(changes) };
    },
    // biome-ignore lint/correctness/useYield: it exists to say that streaming is not supported
    async *streamQuery(): AsyncIterableIterator<never> {
      throw new Error("the store reads in pages; it does not stream rows");
    },
  };
}
