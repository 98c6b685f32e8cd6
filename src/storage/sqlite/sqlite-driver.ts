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
import { SqliteError } from "./sqlite-error.ts";
import type { ConnectionLevel, SqliteResult, SqlValue } from "./sqlite-protocol.ts";

/** What a dialect needs of a connection (sqlite-connection.ts). */
interface Connection {
  query(sql: string, parameters: readonly SqlValue[]): Promise<SqliteResult>;
  acquire(level: ConnectionLevel): Promise<void>;
  release(): void;
}

export interface SqliteDialectOptions {
  readonly connection: Connection;
  /** Durability of the commits of this dialect, and maximum size of the database for them. Compared by identity. */
  readonly level: ConnectionLevel;
  /**
   * "immediate" acquires the write lock at the start, so that another transaction can never make it fail half way. "nested" ones are parts
   * of an existing transaction.
   */
  readonly begin: keyof typeof TRANSACTIONS;
  /** Called before every use of the connection; throws to refuse it. */
  readonly admit?: () => void;
  /** Returns the error to throw in place of SQLite's. Default: SQLite's own. */
  readonly onFailure?: (error: SqliteError) => Promise<Error>;
}

/** The statements that begin, commit and roll back a transaction. */
const TRANSACTIONS = {
  immediate: { begin: "begin immediate", commit: "commit", rollback: ["rollback"] },
  deferred: { begin: "begin deferred", commit: "commit", rollback: ["rollback"] },
  nested: { begin: "savepoint nested", commit: "release nested", rollback: ["rollback to nested", "release nested"] },
} as const;

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

async function orFail<T>(work: Promise<T>, onFailure: SqliteDialectOptions["onFailure"]): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof SqliteError && onFailure ? await onFailure(error) : error;
  }
}

function createDriver({ connection, level, begin, admit, onFailure }: SqliteDialectOptions): Driver {
  const shared = createConnection((sql, parameters) => orFail(connection.query(sql, parameters), onFailure));
  const texts = TRANSACTIONS[begin];
  const run = (text: string) => async (on: DatabaseConnection) => {
    await on.executeQuery(CompiledQuery.raw(text));
  };
  return {
    init: () => Promise.resolve(),
    acquireConnection: async () => {
      admit?.();
      await orFail(connection.acquire(level), onFailure);
      return shared;
    },
    releaseConnection: async () => connection.release(),
    beginTransaction: run(texts.begin),
    commitTransaction: run(texts.commit),
    rollbackTransaction: async (on) => {
      try {
        for (const text of texts.rollback) await run(text)(on);
      } catch {
        // SQLite rolls back by itself on a full disk or an I/O error. The original error says more than this one.
      }
    },
    destroy: () => Promise.resolve(),
  };
}

function createConnection(query: Connection["query"]): DatabaseConnection {
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
