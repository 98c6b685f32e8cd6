/** List workers: the processes that were heard of lately, and telling one to give its jobs away. */

import type { Worker } from "../../domain/operation/worker.ts";
import type { Store } from "../../domain/store/store.ts";
import { SILENT_BEATS } from "./send-heartbeat.ts";

export interface ProcessRegistry {
  /** Oldest first. */
  list(): Promise<Worker[]>;
  /** Null when there is none of this id. */
  drain(id: string): Promise<Worker | null>;
}

/** The processes of a store whose processes announce themselves so often. */
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
