/** Sends the heartbeats of this process to the store, and reads from there whether it is to drain. */
import type { WorkerHeartbeat } from "../../domain/operation/worker.ts";
import type { Services } from "../services.ts";

export interface HeartbeatOptions {
  readonly worker: Omit<WorkerHeartbeat, "heartbeatAt">;
  /** Interval between two heartbeats. */
  readonly everyMs: number;
  /** Called once, when the process is asked to drain. */
  readonly onDrain: () => void;
}

export interface Heartbeats {
  /** Stops the heartbeats and deregisters the process. */
  stop(): Promise<void>;
}

/** Number of missed heartbeats after which a process counts as dead. */
export const SILENT_BEATS = 5;
/** Time after which the row of a dead process is removed; until then it stays in the table, but is not listed. */
const FORGET_MS = 3_600_000;

/** Sends the first heartbeat, then one every `everyMs`. Rejects with the store's error if the first one fails. */
export async function sendHeartbeats({ store, log }: Services, options: HeartbeatOptions): Promise<Heartbeats> {
  const { worker, everyMs, onDrain } = options;
  let stopped = false;
  let draining = false;
  let timer: NodeJS.Timeout | undefined;
  let beating: Promise<void> = Promise.resolve();

  const beat = async (): Promise<void> => {
    const now = Date.now();
    const wanted = await store.workers.recordHeartbeat({ ...worker, heartbeatAt: now });
    if (wanted && !draining) {
      draining = true;
      log.info({ worker_id: worker.id }, "this process was asked to drain");
      onDrain();
    }
    await store.workers.removeSilent(now - FORGET_MS);
    await store.counters.removeEnded(now - FORGET_MS);
  };
  const schedule = (): void => {
    if (stopped) return;
    timer = setTimeout(() => {
      beating = beat()
        .catch((err: unknown) => log.warn({ err }, "cannot send a heartbeat"))
        .then(schedule);
    }, everyMs);
    timer.unref();
  };
  await beat();
  schedule();
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await beating;
      await store.workers.deregister(worker.id).catch(() => undefined);
    },
  };
}
