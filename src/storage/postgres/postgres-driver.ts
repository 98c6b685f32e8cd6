/** Creates a pool of PostgreSQL connections, and a Kysely dialect over it. Knows no tables. */
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  PostgresAdapter,
  PostgresIntrospector,
  type QueryResult,
} from "kysely";
import pg from "pg";
import { BytewisePostgresCompiler } from "../dialect.ts";
import { type Moment, translateFailure } from "./postgres-failures.ts";

export interface PostgresPoolOptions {
  /** postgres://user:password@host:port/database?sslmode=... */
  readonly url: string;
  /** Maximum number of connections. */
  readonly size: number;
  /** Timeout of a statement, including the time it waits for row locks. */
  readonly statementTimeoutMs: number;
  /** How long to wait for a connection: for a free one, or for the server to accept a new one. */
  readonly connectTimeoutMs: number;
  /** The name of our connections in the server's list. Default: "trainyard". */
  readonly applicationName?: string;
}

const INT8 = 20;
const BYTEA = 17;
const NUMERIC = 1700;

/** Parsers by type. int8 and numeric become numbers: counts and times are far below 2^53, and their sums arrive as numeric. */
const PARSERS: Readonly<Record<number, (text: string) => unknown>> = {
  [INT8]: Number,
  [NUMERIC]: Number,
  // Copy into memory of its own: small Buffers share one allocation, which cannot be transferred to a thread.
  [BYTEA]: (text) => Uint8Array.from(Buffer.from(text.slice(2), "hex")),
};

const TYPES = {
  getTypeParser: (oid: number, format?: string) =>
    (format !== "binary" && PARSERS[oid]) || pg.types.getTypeParser(oid, format as "text"),
} as pg.CustomTypesConfig;

/** Creates a pool, which connects on first use. It reports a broken idle connection to `onIdleError`, and replaces it. */
export function createPool(options: PostgresPoolOptions, onIdleError: (error: Error) => void): pg.Pool {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.size,
    connectionTimeoutMillis: options.connectTimeoutMs,
    statement_timeout: options.statementTimeoutMs,
    // A stopped process would keep the locks of its transaction; the server releases them after this time.
    idle_in_transaction_session_timeout: options.statementTimeoutMs,
    application_name: options.applicationName ?? "trainyard",
    keepAlive: true,
    types: TYPES,
  });
  pool.on("error", onIdleError);
  // A connection that breaks in use rejects its query. Without a listener, its "error" event would also end the process.
  pool.on("connect", (client) => client.on("error", () => undefined));
  return pool;
}

/** Creates a dialect over a pool. Destroying its Kysely leaves the pool open. Calls `onFailure` with every translated error. */
export function createPostgresDialect(pool: pg.Pool, onFailure: (error: unknown) => void = () => undefined): Dialect {
  return {
    createDriver: () => createDriver(pool, onFailure),
    createQueryCompiler: () => new BytewisePostgresCompiler(),
    createAdapter: () => new PostgresAdapter(),
    createIntrospector: (db) => new PostgresIntrospector(db),
  };
}

class PooledConnection implements DatabaseConnection {
  readonly client: pg.PoolClient;
  readonly #fail: (error: unknown, moment: Moment) => unknown;
  inTransaction = false;

  constructor(client: pg.PoolClient, fail: (error: unknown, moment: Moment) => unknown) {
    this.client = client;
    this.#fail = fail;
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const isCommit = sql === "commit" || !this.inTransaction;
    try {
      const { rows, rowCount, command } = await this.client.query(sql, parameters as unknown[]);
      // An aborted transaction answers a commit with a rollback, and no error.
      if (sql === "commit" && command === "ROLLBACK") throw new Error("the transaction was rolled back");
      return { rows: rows as R[], numAffectedRows: BigInt(rowCount ?? 0) };
    } catch (error) {
      throw this.#fail(error, isCommit ? "commit" : "before commit");
    }
  }

  // biome-ignore lint/correctness/useYield: it exists to say that streaming is not supported
  async *streamQuery(): AsyncIterableIterator<never> {
    throw new Error("the store reads in pages; it does not stream rows");
  }
}

function createDriver(pool: pg.Pool, onFailure: (error: unknown) => void): Driver {
  const fail = (error: unknown, moment: Moment): unknown => {
    const translated = translateFailure(error, moment);
    onFailure(translated);
    return translated;
  };
  const run = async (connection: DatabaseConnection, text: string): Promise<void> => {
    await connection.executeQuery(CompiledQuery.raw(text));
  };
  return {
    init: () => Promise.resolve(),
    async acquireConnection() {
      try {
        return new PooledConnection(await pool.connect(), fail);
      } catch (error) {
        throw fail(error, "connecting");
      }
    },
    async beginTransaction(connection) {
      const pooled = connection as PooledConnection;
      pooled.inTransaction = true;
      await run(pooled, "begin");
    },
    async commitTransaction(connection) {
      await run(connection, "commit");
      (connection as PooledConnection).inTransaction = false;
    },
    async rollbackTransaction(connection) {
      try {
        await run(connection, "rollback");
        (connection as PooledConnection).inTransaction = false;
      } catch {
        // The connection is closed, which rolled back its transaction. The original error says more than this one.
      }
    },
    async releaseConnection(connection) {
      const { client, inTransaction } = connection as PooledConnection;
      // Close a connection that is still in a transaction instead of returning it to the pool.
      client.release(inTransaction);
    },
    destroy: () => Promise.resolve(),
  };
}
