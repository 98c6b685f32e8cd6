/** Real PostgreSQL for tests: an empty database each, and a store on it. */
import { onTestFinished } from "vitest";
import { openPostgresBus } from "../../src/bus/postgres.ts";
import { createId } from "../../src/domain/id.ts";
import type { RunSql } from "../../src/domain/jobs/queue.ts";
import type { Store } from "../../src/domain/ports.ts";
import { openPgBossQueue, type PgBossQueue, type PgBossQueueOptions } from "../../src/queue/pgboss.ts";
import { openPostgresStore, type PostgresStore, type PostgresStoreOptions } from "../../src/storage/postgres/postgres-store.ts";
import { freshDatabase } from "./fresh-database.ts";

export { freshDatabase } from "./fresh-database.ts";

const POOL = { size: 6, statementTimeoutMs: 20_000, connectTimeoutMs: 10_000, probeMs: 100 };
const PATIENCE = { retryMs: 2000, runRetryMs: 20_000 };

/** A store on a database, closed when the running test is over, if not before. */
export async function openOnPostgres(url: string, options: Partial<PostgresStoreOptions> = {}): Promise<PostgresStore> {
  const opened = await openPostgresStore({ url, ...POOL, ...PATIENCE, ...options });
  let closed: Promise<void> | null = null;
  const close = () => (closed ??= opened.store.close());
  onTestFinished(close);
  return { ...opened, store: { ...opened.store, close } };
}

/** A store on an empty database. */
export async function openEmptyPostgres(): Promise<Store> {
  return (await openOnPostgres(await freshDatabase())).store;
}

export interface QueueOnPostgres {
  readonly store: Store;
  readonly queue: PgBossQueue;
  readonly runSql: RunSql;
  close(): Promise<void>;
}

/** A store with its queue, as one process of a cluster has them. */
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
