/** Real PostgreSQL for tests: each gets an empty database with a store on it. */
import { onTestFinished } from "vitest";
import { openPostgresBus } from "../../../src/bus/postgres.ts";
import { createId } from "../../../src/domain/id.ts";
import type { RunSql } from "../../../src/domain/jobs/queue.ts";
import type { Store } from "../../../src/domain/store/store.ts";
import { openPgBossQueue, type PgBossQueue, type PgBossQueueOptions } from "../../../src/queue/pgboss.ts";
import {
  openPostgresStore,
  type PostgresStore,
  type PostgresStoreOptions,
} from "../../../src/storage/postgres/postgres-store.ts";
import { migratedDatabase } from "./fresh-database.ts";

export { freshDatabase, migratedDatabase } from "./fresh-database.ts";

const POOL = { size: 6, statementTimeoutMs: 20_000, connectTimeoutMs: 10_000, probeMs: 100 };
const PATIENCE = { retryMs: 2000, runRetryMs: 20_000 };

/** Opens a store on a database. It is closed when the running test ends, if not before. */
export async function openOnPostgres(url: string, options: Partial<PostgresStoreOptions> = {}): Promise<PostgresStore> {
  const opened = await openPostgresStore({ url, ...POOL, ...PATIENCE, ...options });
  let closed: Promise<void> | null = null;
  const close = () => (closed ??= opened.store.close());
  onTestFinished(close);
  return { ...opened, store: { ...opened.store, close } };
}

/** Stores, each on a database of its own, that no test is using. */
const idle: PostgresStore[] = [];

/**
 * Opens an empty store. Creating a database takes far longer than emptying one, so the tests of a file use the same one in turn: `close` empties
 * it for the next. The connections end with the process of the tests.
 */
export async function openEmptyPostgres(): Promise<Store> {
  const opened = idle.pop() ?? (await openPostgresStore({ url: await migratedDatabase(), ...POOL, ...PATIENCE }));
  let closed: Promise<void> | null = null;
  const giveBack = async (): Promise<void> => {
    await opened.runSql(EMPTY_ALL);
    idle.push(opened);
  };
  const close = () => (closed ??= giveBack());
  onTestFinished(close);
  return { ...opened.store, close };
}

/**
 * Deletes the rows of every table except the record of migrations, in any order: rows that refer to them are deleted too. Truncating small tables
 * takes longer.
 */
const EMPTY_ALL = `do $$ declare name text; begin
  perform set_config('session_replication_role', 'replica', true);
  for name in select tablename from pg_tables where schemaname = current_schema() and tablename not like 'kysely%'
  loop execute format('delete from %I', name); end loop;
end $$`;

export interface QueueOnPostgres {
  readonly store: Store;
  readonly queue: PgBossQueue;
  readonly runSql: RunSql;
  close(): Promise<void>;
}

/** A store with its queue, as each process of a cluster has them. */
export async function openQueueOnPostgres(url: string, options: Partial<PgBossQueueOptions> = {}): Promise<QueueOnPostgres> {
  let queue: PgBossQueue | null = null;
  const { store, runSql } = await openOnPostgres(url, { onQueued: async (...entry) => queue?.dispatch(...entry) });
  const bus = await openPostgresBus({ url, runSql, recentJobs: async () => [], onError: () => undefined });
  queue = await openPgBossQueue({
    url,
    statementTimeoutMs: POOL.statementTimeoutMs,
    store,
    runSql,
    signals: bus,
    workerId: createId("worker"),
    leaseSeconds: 10,
    maxLeaseSeconds: 3600,
    onAbandoned: () => Promise.resolve(),
    onError: () => undefined,
    ...options,
  });
  const opened = queue;
  const close = async () => {
    await opened.close();
    await bus.close();
    await store.close();
  };
  return { store, queue, runSql, close };
}
