/** Opens a store on PostgreSQL: its pool, schema and health. Any number of processes may open the same database. */
import { setTimeout as delay } from "node:timers/promises";
import { Kysely, sql } from "kysely";
import type { RunSql } from "../../domain/jobs/queue.ts";
import type { Store } from "../../domain/store/store.ts";
import { serialized } from "../decorators/per-key-mutex.ts";
import { type RetryOptions, retrying } from "../decorators/retrying-store.ts";
import { COLUMN_TYPES, runSqlOn } from "../dialect.ts";
import { migrate } from "../migrations.ts";
import { assertUsable } from "../schema.ts";
import { createStore, type StoreHooks } from "../store.ts";
import type { Tables } from "../tables.ts";
import { createPool, createPostgresDialect, type PostgresPoolOptions } from "./postgres-driver.ts";
import { TransientFailure, translateFailure } from "./postgres-failures.ts";
import { createPostgresHealth } from "./postgres-health.ts";

export interface PostgresStoreOptions extends PostgresPoolOptions, StoreHooks, RetryOptions {
  /** Interval between probes of a database that is unavailable. */
  readonly probeMs: number;
  /** How long opening waits for a database that does not answer; left out, it does not wait. */
  readonly startWaitMs?: number;
  /** Called with what opening waits for, at the first failure and whenever it changes. */
  readonly onWaiting?: (detail: string) => void;
}

export interface PostgresStore {
  readonly store: Store;
  /** Runs SQL text on the same pool, each statement in its own transaction. */
  readonly runSql: RunSql;
}

/** The advisory lock held while the schema is read and migrated: an arbitrary number that no other program uses. */
const SCHEMA_LOCK = 7_265_012_117;

/**
 * Opens the store at the newest schema, once the database answers. Throws a TrainyardError "unavailable" with a one-line message
 * when it does not in time, or cannot be used.
 */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<PostgresStore> {
  await whenItAnswers(() => bringUpToDate(options), options);
  const health = createPostgresHealth(options.probeMs);
  const pool = createPool(options, (error) => health.fail(translateFailure(error, "connecting")));
  const db = kysely(createPostgresDialect(pool, health.fail));
  health.start(() => sql`select 1`.execute(db));
  const close = async (): Promise<void> => {
    health.close();
    await pool.end();
  };
  const store = createStore(
    { reader: db, writer: db, insertWriter: db, bulkWriter: db, health, scrub: () => scrub(db), close },
    options,
  );
  return { store: serialized(retrying(store, options)), runSql: runSqlOn(db) };
}

/** The tables with cells of rows: see docs/tables.md. */
const SCRUBBED: readonly (keyof Tables)[] = [
  ...([
    "datasets",
    "dataset_chunks",
    "blob_chunks",
    "jobs",
    "job_values",
    "events",
    "metric_chunks",
    "notable_epochs",
  ] as const),
  ...(["models", "evaluations", "checkpoints", "sweeps", "trials", "sweep_events"] as const),
  ...(["webhook_deliveries", "idempotency_keys", "forgets"] as const),
];

/**
 * Frees the space of deleted rows, beside readers and writers. Their bytes stay in the files until they are overwritten: only VACUUM FULL
 * rewrites a table, and locks it meanwhile, so it is left to the operator.
 */
async function scrub(db: Kysely<Tables>): Promise<string> {
  for (const table of SCRUBBED) await sql`vacuum ${sql.table(table)}`.execute(db);
  return "PostgreSQL: the space of the rows was given free (VACUUM); its bytes stay in the files of the database, its log and its replicas until they are overwritten, or until VACUUM FULL, which locks each table while it rewrites it";
}

/** Repeats opening while the database is unavailable, for example while it starts. */
async function whenItAnswers(open: () => Promise<void>, options: PostgresStoreOptions): Promise<void> {
  const { startWaitMs = 0, probeMs, onWaiting = () => undefined } = options;
  const deadline = performance.now() + startWaitMs;
  let said = "";
  for (;;) {
    try {
      return await open();
    } catch (error) {
      if (!(error instanceof TransientFailure) || performance.now() + probeMs > deadline) throw error;
      if (error.message !== said) onWaiting(error.message);
      said = error.message;
      await delay(probeMs);
    }
  }
}

/** Opens the database without a store, at the newest schema. Throws what `openPostgresStore` throws. */
export async function openPostgresDatabase(
  options: PostgresPoolOptions,
): Promise<{ readonly db: Kysely<Tables>; close(): Promise<void> }> {
  await bringUpToDate(options);
  const pool = createPool(options, () => undefined);
  return { db: kysely(createPostgresDialect(pool)), close: () => pool.end() };
}

/** Migrates the schema under a lock. Of several processes that start at once, the first migrates; the others find it done. */
async function bringUpToDate(options: PostgresPoolOptions): Promise<void> {
  const pool = createPool({ ...options, size: 2, statementTimeoutMs: 0 }, () => undefined);
  const db = kysely(createPostgresDialect(pool));
  try {
    await db.connection().execute(async (locked) => {
      await sql`select pg_advisory_lock(${sql.lit(SCHEMA_LOCK)})`.execute(locked);
      assertUsable(await appliedMigrations(db), nameOf(options.url));
      // The migrations run on another connection, since this one must keep the lock.
      await migrate(db, COLUMN_TYPES.postgres);
      await sql`select pg_advisory_unlock(${sql.lit(SCHEMA_LOCK)})`.execute(locked);
    });
  } catch (error) {
    if (!(error instanceof TransientFailure)) throw error;
    const detail = `the database ${nameOf(options.url)} cannot be used: ${(error.cause as Error)?.message ?? error.message}`;
    throw new TransientFailure(detail, error.cause, { isUndone: error.isUndone, isAway: error.isAway });
  } finally {
    await pool.end();
  }
}

async function appliedMigrations(db: Kysely<Tables>): Promise<{ readonly tables: string[]; readonly applied: string[] }> {
  const column = async (text: string): Promise<string[]> => (await runSqlOn(db)(text)).map(({ value }) => String(value));
  const tables = await column("select tablename as value from pg_tables where schemaname = current_schema()");
  const isMigrated = tables.includes("kysely_migration");
  return { tables, applied: isMigrated ? await column("select name as value from kysely_migration order by name") : [] };
}

function kysely(dialect: ReturnType<typeof createPostgresDialect>): Kysely<Tables> {
  return new Kysely<Tables>({ dialect });
}

/** Returns a URL without user, password and parameters. */
function nameOf(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
