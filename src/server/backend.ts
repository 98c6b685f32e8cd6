/** What a server shares, or does not share, with other processes: its store, its bus and its queue. */
import type { Logger } from "pino";
import { createLocalBus } from "../bus/local.ts";
import type { Job } from "../domain/jobs/job.ts";
import type { JobQueue } from "../domain/jobs/queue.ts";
import type { Archive } from "../domain/operation/archive.ts";
import type { Bus, Store } from "../domain/ports.ts";
import { createEmbeddedQueue } from "../queue/embedded.ts";
import { openStore } from "../storage/open.ts";
import { openArchive } from "../storage/sqlite/archive.ts";
import type { Config } from "./config.ts";

export interface Backend {
  readonly store: Store;
  readonly bus: Bus;
  /** Null where the database has backups of its own. */
  readonly archive: Archive | null;
  /** Whether other processes work on the same store: then nothing that is under way may be taken for abandoned at a start. */
  readonly isShared: boolean;
  /** How often a process tells the others that it is there. */
  readonly heartbeatEveryMs: number;
  /** The queue over the store as the use cases have it. `onAbandoned` puts a job right that a lost process had. */
  openQueue(store: Store, onAbandoned: (job: Job) => Promise<void>): Promise<JobQueue>;
  /** Closes the bus and the store. */
  close(): Promise<void>;
}

/** Nobody else waits to hear of a single process. */
const ALONE_HEARTBEAT_MS = 30_000;

/** Opens the store of a process that has it for itself. */
export async function openAlone(config: Config, log: Logger): Promise<Backend> {
  const store = await openStore(config);
  return {
    store,
    bus: createLocalBus((err) => log.error({ err }, "a listener of the bus failed")),
    archive: openArchive(config.dataDir),
    isShared: false,
    heartbeatEveryMs: ALONE_HEARTBEAT_MS,
    openQueue: async (measured) => createEmbeddedQueue(measured, config.limits.project.runningJobs),
    close: () => store.close(),
  };
}
