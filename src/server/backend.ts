/** The store, the bus and the queue of a server, which it may share with other processes. */
import type { Logger } from "pino";
import { createLocalBus } from "../bus/local.ts";
import type { Job } from "../domain/jobs/job.ts";
import type { JobQueue } from "../domain/jobs/queue.ts";
import type { Archive } from "../domain/operation/archive.ts";
import type { Bus } from "../domain/ports.ts";
import type { Store } from "../domain/store/store.ts";
import { createEmbeddedQueue } from "../queue/embedded.ts";
import { openStore } from "../storage/open.ts";
import { openArchive } from "../storage/sqlite/archive.ts";
import type { Config } from "./config.ts";

export interface Backend {
  readonly store: Store;
  readonly bus: Bus;
  /** Makes and restores backups; null if the database has its own. */
  readonly archive: Archive | null;
  /** Whether other processes use the same store: then a start must not treat running work as abandoned. */
  readonly isShared: boolean;
  /** How often a process sends its heartbeat to the others. */
  readonly heartbeatEveryMs: number;
  /** Opens the queue over the store that the use cases have. `onAbandoned` requeues a job of a lost process. */
  openQueue(store: Store, onAbandoned: (job: Job) => Promise<void>): Promise<JobQueue>;
  /** Closes the bus and the store. */
  close(): Promise<void>;
}

/** No other process waits for the heartbeat of a single process. */
const ALONE_HEARTBEAT_MS = 30_000;

/** Opens the backend of a single process: SQLite, a bus and a queue in memory. */
export async function openAlone(config: Config, log: Logger): Promise<Backend> {
  const store = await openStore({ ...config, callsProcedures: true });
  return {
    store,
    bus: createLocalBus((err) => log.error({ err }, "a subscriber of the bus failed")),
    archive: openArchive(config.dataDir),
    isShared: false,
    heartbeatEveryMs: ALONE_HEARTBEAT_MS,
    openQueue: async (measured) => createEmbeddedQueue(measured, config.limits.project.runningJobs),
    close: () => store.close(),
  };
}
