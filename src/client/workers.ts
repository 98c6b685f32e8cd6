/** The client's methods for the processes that serve and train. */
import type { Role } from "../domain/operation/worker.ts";
import { segment, type Transport } from "./transport.ts";

/** A process that serves or trains. Times are ISO 8601. */
export interface Worker {
  id: string;
  name: string;
  role: Role;
  version: string;
  /** Jobs that it trains at the same time. */
  slots: number;
  memory_bytes: number;
  /** What it trains, of every project. */
  jobs: { id: string; project: string; attempt: number; memory_bytes: number }[];
  draining: boolean;
  started_at: string;
  heartbeat_at: string;
}

export interface WorkersClient {
  /** Every process that was heard of lately, oldest first. */
  workers(): Promise<Worker[]>;
  /** Has a process give its jobs away: they go on elsewhere from a checkpoint. */
  drainWorker(id: string): Promise<Worker>;
}

/** The methods about processes over a transport. */
export function createWorkersClient({ get, post }: Transport): WorkersClient {
  return {
    workers: async () => (await get<{ data: Worker[] }>("v1/workers")).data,
    drainWorker: (id) => post(`v1/workers/${segment(id)}/drain`),
  };
}
