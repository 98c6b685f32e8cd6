/** Whether the database server answers: known from what its users see, and tried until it does again. Knows no tables. */
import { TrainyardError } from "../../domain/errors.ts";
import { HEALTHY, type StoreHealth } from "../../domain/operation/store-health.ts";
import { PassingFailure } from "./postgres-failures.ts";

export interface PostgresHealth {
  current(): StoreHealth;
  /** Calls at every change. Returns what ends that. */
  onChange(listener: (health: StoreHealth, cause: unknown) => void): () => void;
  /** Takes note of an error that a user of the database saw. */
  fail(error: unknown): void;
  /** Tries with this, when it has gone away. */
  start(probe: () => Promise<unknown>): void;
  close(): void;
}

const DETAILS = {
  full: "the disk of the database is full: nothing can be added until there is room",
  failing: "the database does not answer; it is tried again",
} as const;

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
  const tryAgain = (): void => {
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
      tryAgain();
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
      const isAway = error instanceof PassingFailure && error.isAway;
      if (!isFull && !isAway) return;
      become(isFull ? "full" : "failing", error);
      tryAgain();
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
