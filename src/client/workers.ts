/** The client's methods for the processes that serve and train. */
import type { Role } from "../domain/operation/worker.ts";
import { segment, type Transport } from "./transport/transport.ts";

/** A process that serves or trains. Times are ISO 8601. */
export interface Worker {
  id: string;
  name: string;
  role: Role;
  version: string;
  /** How many jobs it trains at the same time; 0 for a process that only serves. */
  slots: number;
  memory_bytes: number;
  /** The jobs that it trains, of every project. */
  jobs: { id: string; project: string; attempt: number; memory_bytes: number }[];
  draining: boolean;
  started_at: string;
  heartbeat_at: string;
}

/** Methods about processes. All of them reject as the transport does. */
export interface WorkersClient {
  /** Returns every process that sent a heartbeat lately, oldest first. */
  workers(): Promise<Worker[]>;
  /** Makes a process hand over its jobs: they continue elsewhere from a checkpoint. */
  drainWorker(id: string): Promise<Worker>;
}

/** Creates the methods about processes over a transport. */
export function createWorkersClient({ get, post }: Transport): WorkersClient {
  return {
    workers: async () => (await get<{ data: Worker[] }>("v1/workers")).data,
    drainWorker: (id) => post(`v1/workers/${segment(id)}/drain`),
  };
}
