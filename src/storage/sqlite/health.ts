/**
 * Tracks the health of a database: derives it from errors, decides which writes are still allowed, and probes with a small
 * write until the database is healthy again. Knows no tables.
 */
import { TrainyardError } from "../../domain/errors.ts";
import { HEALTHY, type StoreHealth } from "../../domain/operation/store-health.ts";
import type { Reserve } from "./reserve.ts";
import type { SqliteError } from "./sqlite-error.ts";
import { failureOf, RESTORE, requestError } from "./sqlite-failures.ts";

type Status = StoreHealth["status"];

const DETAILS: Readonly<Record<Exclude<Status, "ok">, string>> = {
  full: "the disk is full, or the database has reached TRAINYARD_MAX_DATABASE_BYTES: nothing can be added until there is room",
  failing: "the disk cannot be written; the server keeps trying",
  damaged: `the database is damaged: an operator must ${RESTORE}`,
};

/** Severity. A worse status replaces a better one; only a successful write makes the database healthy again. */
const RANK: Readonly<Record<Status, number>> = { ok: 0, full: 1, failing: 1, damaged: 2 };

/** Tests whether the database can be written. */
export interface Probe {
  /** Writes a little and deletes it again. Throws what a write throws. */
  write(): Promise<void>;
  /** Returns the bytes in the database that deletions have freed for new data. */
  freeBytes(): Promise<number>;
}

/** Kind of a write. Small changes of existing rows are allowed while the disk is full: they may use the reserve. */
export type WriteKind = "adds" | "changes";

export interface HealthOptions {
  readonly reserve: Reserve;
  /** Size of the reserve. While it cannot be recreated, the database must have twice this many free bytes to count as healthy. */
  readonly reserveBytes: number;
  /** Interval between probes of an unhealthy database. */
  readonly probeMs: number;
}

export interface HealthKeeper {
  current(): StoreHealth;
  /** Calls the listener at every change of the status. Returns an unsubscribe function. */
  onChange(listener: (health: StoreHealth, cause: unknown) => void): () => void;
  /** Throws the error for the request when a write of this kind is not allowed. */
  assertWritable(kind: WriteKind): void;
  /** Records an error, and returns the one that the request is to see. */
  fail(error: SqliteError): Promise<Error>;
  /** Creates the reserve, and sets the probe. If the reserve cannot be created, the database counts as full. */
  start(probe: Probe): Promise<void>;
  /** Probes an unhealthy database now. */
  check(): Promise<void>;
  close(): void;
}

/** Creates the tracker of a database that was just opened; it starts healthy. */
export function createHealthKeeper({ reserve, reserveBytes, probeMs }: HealthOptions): HealthKeeper {
  let health = HEALTHY;
  let probe: Probe | null = null;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  const listeners = new Set<(health: StoreHealth, cause: unknown) => void>();

  const become = (status: Status, cause: unknown): void => {
    if (health.status === status || closed) return;
    health = status === "ok" ? HEALTHY : { status, detail: DETAILS[status] };
    for (const listener of [...listeners]) listener(health, cause);
  };
  const worsen = async (status: Exclude<Status, "ok">, cause: unknown): Promise<void> => {
    if (RANK[status] < RANK[health.status]) return;
    // Release the reserve first: listeners may want to write.
    if (status === "full") await reserve.release();
    become(status, cause);
    if (status !== "damaged") scheduleCheck();
  };
  const scheduleCheck = (): void => {
    clearTimeout(timer);
    if (closed) return;
    timer = setTimeout(() => void check(), probeMs);
    timer.unref();
  };
  const isWritable = async (tested: Probe): Promise<boolean> => {
    try {
      if (!(await reserve.make()) && (await tested.freeBytes()) < 2 * reserveBytes) return false;
      await tested.write();
      return true;
    } catch {
      return false;
    }
  };
  const check = async (): Promise<void> => {
    if (!probe || health.status === "ok" || health.status === "damaged") return;
    if (await isWritable(probe)) become("ok", null);
    else scheduleCheck();
  };

  return {
    current: () => health,
    onChange(listener) {
      const own: typeof listener = (...news) => listener(...news);
      listeners.add(own);
      return () => void listeners.delete(own);
    },
    assertWritable(kind) {
      const { status, detail } = health;
      if (status === "damaged") throw new TrainyardError("unavailable", detail);
      if (kind === "adds" && status === "full") throw new TrainyardError("storage_full", detail);
    },
    async fail(error) {
      const failure = failureOf(error);
      if (!failure) return error;
      if (failure.status) await worsen(failure.status, error);
      return requestError(error, health, failure);
    },
    async start(given) {
      probe = given;
      if (!(await reserve.make())) await worsen("full", null);
    },
    check,
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}
