/** A Kysely dialect over a pool of PostgreSQL connections, and that pool. Knows no tables. */
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
  /** Connections at most. */
  readonly size: number;
  /** How long a statement may take, and wait for the lock of a row. */
  readonly statementTimeoutMs: number;
  /** How long to wait for a connection: a free one, or the server's answer to a new one. */
  readonly connectTimeoutMs: number;
  /** What the server's list of connections calls ours. */
  readonly applicationName?: string;
}

const INT8 = 20;
const BYTEA = 17;
const NUMERIC = 1700;

/** Counts and times are far below 2^53; sums of them come as numeric. */
const PARSERS: Readonly<Record<number, (text: string) => unknown>> = {
  [INT8]: Number,
  [NUMERIC]: Number,
  // Memory of its own: a small Buffer is a part of one that many share, and could not be handed to a thread.
  [BYTEA]: (text) => Uint8Array.from(Buffer.from(text.slice(2), "hex")),
};

const TYPES = {
  getTypeParser: (oid: number, format?: string) =>
    (format !== "binary" && PARSERS[oid]) || pg.types.getTypeParser(oid, format as "text"),
} as pg.CustomTypesConfig;

/** A pool; it connects when it is first used. A connection that breaks while nobody uses it goes to `onIdleError` and is replaced. */
export function createPool(options: PostgresPoolOptions, onIdleError: (error: Error) => void): pg.Pool {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.size,
    connectionTimeoutMillis: options.connectTimeoutMs,
    statement_timeout: options.statementTimeoutMs,
    // A transaction whose process was stopped holds its locks: the server lets go of them after this.
    idle_in_transaction_session_timeout: options.statementTimeoutMs,
    application_name: options.applicationName ?? "trainyard",
    keepAlive: true,
    types: TYPES,
  });
  pool.on("error", onIdleError);
  // One that breaks while it is used says so to its user; without a listener it would end the process besides.
  pool.on("connect", (client) => client.on("error", () => undefined));
  return pool;
}

/** A dialect over a pool. Destroying its Kysely leaves the pool open: who made it ends it. `onFailure` sees every translated error. */
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

  // biome-ignore lint/correctness/useYield: it exists to say that there is none
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
        // The connection is gone, and its transaction with it; the error that led here says more than this one.
      }
    },
    async releaseConnection(connection) {
      const { client, inTransaction } = connection as PooledConnection;
      // One that is in a transaction still is of no use to the next.
      client.release(inTransaction);
    },
    destroy: () => Promise.resolve(),
  };
}
