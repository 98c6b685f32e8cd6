/** A process among many: the store on PostgreSQL, the bus over its notifications, the queue of pg-boss. */
import type { Logger } from "pino";
import { openPostgresBus } from "../bus/postgres.ts";
import type { Store } from "../domain/ports.ts";
import { openPgBossQueue, type PgBossQueue } from "../queue/pgboss.ts";
import { rememberModels } from "../storage/decorators/model-cache.ts";
import { openPostgresStore } from "../storage/postgres/postgres-store.ts";
import type { Backend } from "./backend.ts";
import type { ClusterSettings, Config } from "./config.ts";

/** How often a process says that it is there. */
const HEARTBEAT_MS = 2000;
/** How often a database that went away is tried. */
const PROBE_MS = 500;
/** How long what a run writes waits for the database: hours of training may hang on it. */
const RUN_RETRY_MS = 600_000;
/** How often jobs are looked for whose worker is gone. */
const TAKE_BACK_MS = 2000;
/** How often jobs are looked for whose message is gone. */
const RECONCILE_MS = 60_000;
/** Jobs that those who watch all of them are told of, when something may have been missed. */
const RECENT_JOBS = 100;

/** Opens it. Throws a TrainyardError "unavailable" when the database cannot be had. */
export async function openCluster(
  { nodeName, limits }: Config,
  settings: ClusterSettings,
  log: Logger,
  workerId: string,
): Promise<Backend> {
  let queue: PgBossQueue | null = null;
  let stopReconciling = () => {};
  const applicationName = `trainyard ${nodeName}`.slice(0, 60);
  const { store, runSql } = await openPostgresStore({
    ...settings,
    applicationName,
    probeMs: PROBE_MS,
    runRetryMs: RUN_RETRY_MS,
    onQueued: async (...entry) => {
      if (!queue) throw new Error("a job was queued before there was a queue");
      await queue.dispatch(...entry);
    },
  });
  store.onHealth((health, cause) => log.warn({ err: cause, ...health }, "the health of the database has changed"));
  try {
    const bus = await openPostgresBus({
      url: settings.url,
      runSql,
      recentJobs: () => recentJobs(store),
      onError: (err) => log.warn({ err }, "the bus"),
    });
    const remembering = rememberModels(store, bus);
    return {
      store: remembering,
      bus,
      archive: null,
      isShared: true,
      heartbeatEveryMs: HEARTBEAT_MS,
      async openQueue(measured, onAbandoned) {
        const onError = (err: unknown) => log.warn({ err }, "the queue");
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
    store.listJobs({ state: "running" }, { limit: RECENT_JOBS }),
    store.listJobs({}, { limit: RECENT_JOBS }),
  ]);
  return [...new Set([...running.data, ...newest.data].map(({ id }) => id))];
}

/**
 * A queued job without a message would wait for ever, and so would one whose worker is gone: now and then both are looked for.
 * Returns what ends that.
 */
function keepReconciled(queue: PgBossQueue, log: Logger): () => void {
  const repeat = (everyMs: number, task: () => Promise<number>, done: string): NodeJS.Timeout => {
    const run = (): void => {
      task().then(
        (jobs) => jobs > 0 && log.warn({ jobs }, done),
        (err: unknown) => log.warn({ err }, "cannot look after the queue"),
      );
    };
    run();
    return setInterval(run, everyMs).unref();
  };
  const timers = [
    repeat(RECONCILE_MS, queue.reconcile, "queued jobs were given the messages that they lacked"),
    repeat(TAKE_BACK_MS, queue.reclaimLost, "jobs of lost workers were taken back"),
  ];
  return () => timers.forEach(clearTimeout);
}
