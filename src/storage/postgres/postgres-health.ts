/** Tracks whether the database server answers, from the errors of queries, and probes it until it does. Knows no tables. */
import { TrainyardError } from "../../domain/errors.ts";
import { HEALTHY, type StoreHealth } from "../../domain/operation/store-health.ts";
import { TransientFailure } from "./postgres-failures.ts";

export interface PostgresHealth {
  current(): StoreHealth;
  /** Calls the listener at every change of the status. Returns an unsubscribe function. */
  onChange(listener: (health: StoreHealth, cause: unknown) => void): () => void;
  /** Records the error of a query. */
  fail(error: unknown): void;
  /** Sets the probe to run while the database is unavailable. */
  start(probe: () => Promise<unknown>): void;
  close(): void;
}

const DETAILS = {
  full: "the disk of the database is full: nothing can be added until there is room",
  failing: "the database does not answer; the server keeps trying",
} as const;

/** Creates a tracker that starts healthy. `probeMs`: interval between probes of an unhealthy database. */
export function createPostgresHealth(probeMs: number): PostgresHealth {
  let health = HEALTHY;
  let probe: (() => Promise<unknown>) | null = null;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  const listeners = new Set<(health: StoreHealth, cause: unknown) => void>();

  const become = (status: StoreHealth["status"], cause: unknown): void => {
    if (health.status === status || closed) return;
    health = status === "full" || status === "failing" ? { status, detail: DETAILS[status] } : HEALTHY;
    for (const listener of [...listeners]) listener(health, cause);
  };
  const scheduleCheck = (): void => {
    clearTimeout(timer);
    if (closed) return;
    timer = setTimeout(() => void check(), probeMs);
    timer.unref();
  };
  const check = async (): Promise<void> => {
    try {
      await probe?.();
      become("ok", null);
    } catch {
      scheduleCheck();
    }
  };

  return {
    current: () => health,
    onChange(listener) {
      const own: typeof listener = (...news) => listener(...news);
      listeners.add(own);
      return () => void listeners.delete(own);
    },
    fail(error) {
      const isFull = error instanceof TrainyardError && error.code === "storage_full";
      const isAway = error instanceof TransientFailure && error.isAway;
      if (!isFull && !isAway) return;
      become(isFull ? "full" : "failing", error);
      scheduleCheck();
    },
    start(given) {
      probe = given;
    },
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}
