/** Lists the processes with a recent heartbeat, and asks one to drain. */

import type { Worker } from "../../domain/operation/worker.ts";
import type { Store } from "../../domain/store/store.ts";
import { SILENT_BEATS } from "./send-heartbeat.ts";

export interface ProcessRegistry {
  /** Lists processes, oldest first. */
  list(): Promise<Worker[]>;
  /** Asks a process to drain: to stop claiming jobs and requeue its own. Returns null for an unknown id. */
  drain(id: string): Promise<Worker | null>;
}

/** Creates a registry over a store in which every process records a heartbeat every `everyMs`. */
export function createProcessRegistry(store: Pick<Store, "workers">, everyMs: number): ProcessRegistry {
  const list = () => store.workers.list(Date.now() - SILENT_BEATS * everyMs);
  return {
    list,
    async drain(id) {
      if (!(await store.workers.drain(id))) return null;
      return (await list()).find((worker) => worker.id === id) ?? null;
    },
  };
}
