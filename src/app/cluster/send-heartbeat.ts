/** Announce: this process tells the others that it is there, and hears from them that it is to give its jobs away. */
import type { WorkerHeartbeat } from "../../domain/operation/worker.ts";
import type { Services } from "../services.ts";

export interface HeartbeatOptions {
  readonly worker: Omit<WorkerHeartbeat, "heartbeatAt">;
  /** How often it says so. */
  readonly everyMs: number;
  /** Called once, when somebody wants it to drain. */
  readonly onDrain: () => void;
}

export interface Heartbeats {
  /** Takes the process off the list. */
  stop(): Promise<void>;
}

/** A process that was silent for so many announcements is taken for dead. */
export const SILENT_BEATS = 5;
/** Dead ones stay in the table for a while, and are shown to nobody. */
const FORGET_MS = 3_600_000;

/** Announces once, and goes on. Throws what the store throws the first time. */
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
      log.info({ worker_id: worker.id }, "this process is to give its jobs away");
      onDrain();
    }
    await store.workers.removeSilent(now - FORGET_MS);
    await store.counters.removeEnded(now - FORGET_MS);
  };
  const schedule = (): void => {
    if (stopped) return;
    timer = setTimeout(() => {
      beating = beat()
        .catch((err: unknown) => log.warn({ err }, "cannot tell the others that this process is there"))
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
