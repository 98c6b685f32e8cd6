/** The backend of one process among many: the store on PostgreSQL, the bus over LISTEN/NOTIFY, the queue of pg-boss. */
import type { Logger } from "pino";
import { openPostgresBus } from "../bus/postgres.ts";
import type { Store } from "../domain/store/store.ts";
import { openPgBossQueue, type PgBossQueue } from "../queue/pgboss.ts";
import { rememberModels } from "../storage/decorators/model-cache.ts";
import { openPostgresStore } from "../storage/postgres/postgres-store.ts";
import type { Backend } from "./backend.ts";
import type { ClusterSettings, Config } from "./config.ts";

/** How often a process sends its heartbeat. */
const HEARTBEAT_MS = 2000;
/** How often an unreachable database is tried. */
const PROBE_MS = 500;
/** How long the writes of a run wait for the database: hours of training may depend on them. */
const RUN_RETRY_MS = 600_000;
/** How often to look for jobs whose worker is lost. */
const TAKE_BACK_MS = 2000;
/** How often to look for queued jobs without a message. */
const RECONCILE_MS = 60_000;
/** Maximum jobs of each list that watchers of all jobs are told of when they may have missed something. */
const RECENT_JOBS = 100;

/** Opens the backend. Throws a TrainyardError "unavailable" when the database cannot be opened. */
export async function openCluster(
  { nodeName, limits }: Config,
  settings: ClusterSettings,
  log: Logger,
  workerId: string,
  onWaiting: (detail: string) => void,
): Promise<Backend> {
  let queue: PgBossQueue | null = null;
  let stopReconciling = () => {};
  const applicationName = `trainyard ${nodeName}`.slice(0, 60);
  const { store, runSql } = await openPostgresStore({
    ...settings,
    applicationName,
    probeMs: PROBE_MS,
    onWaiting,
    runRetryMs: RUN_RETRY_MS,
    onQueued: async (...entry) => {
      if (!queue) throw new Error("a job was queued before the queue was open");
      await queue.dispatch(...entry);
    },
  });
  store.onHealth((health, cause) => log.warn({ err: cause, ...health }, "the health of the database changed"));
  try {
    const bus = await openPostgresBus({
      url: settings.url,
      runSql,
      recentJobs: () => recentJobs(store),
      onError: (err) => log.warn({ err }, "the bus failed"),
    });
    const remembering = rememberModels(store, bus);
    return {
      store: remembering,
      bus,
      archive: null,
      isShared: true,
      heartbeatEveryMs: HEARTBEAT_MS,
      async openQueue(measured, onAbandoned) {
        const onError = (err: unknown) => log.warn({ err }, "the queue failed");
        const { runningJobs } = limits.project;
        const own = { store: measured, runSql, signals: bus, workerId, onAbandoned, onError, runningJobs };
        queue = await openPgBossQueue({ ...settings, ...own });
        stopReconciling = keepReconciled(queue, log);
        return queue;
      },
      async close() {
        stopReconciling();
        await queue?.close();
        await bus.close();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function recentJobs(store: Store): Promise<string[]> {
  const [running, newest] = await Promise.all([
    store.jobs.list({ state: "running" }, { limit: RECENT_JOBS }),
    store.jobs.list({}, { limit: RECENT_JOBS }),
  ]);
  return [...new Set([...running.data, ...newest.data].map(({ id }) => id))];
}

/**
 * Looks periodically for queued jobs without a message and for jobs whose worker is lost: both would wait for ever. Returns a
 * function that stops it.
 */
function keepReconciled(queue: PgBossQueue, log: Logger): () => void {
  const repeat = (everyMs: number, task: () => Promise<number>, done: string): NodeJS.Timeout => {
    const run = (): void => {
      task().then(
        (jobs) => jobs > 0 && log.warn({ jobs }, done),
        (err: unknown) => log.warn({ err }, "cannot reconcile the queue"),
      );
    };
    run();
    return setInterval(run, everyMs).unref();
  };
  const timers = [
    repeat(RECONCILE_MS, queue.reconcile, "sent the missing messages of queued jobs"),
    repeat(TAKE_BACK_MS, queue.reclaimLost, "reclaimed the jobs of lost workers"),
  ];
  return () => timers.forEach(clearTimeout);
}
