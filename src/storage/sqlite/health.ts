/**
 * Keeps the health of a database: what its errors say of it, what may still be written, and when it is well again, which
 * it finds out by writing something. Knows no tables.
 */
import { TrainyardError } from "../../domain/errors.ts";
import { HEALTHY, type StoreHealth } from "../../domain/operation/store-health.ts";
import type { Reserve } from "./reserve.ts";
import type { SqliteError } from "./sqlite-connection.ts";
import { failureOf, RESTORE, requestError } from "./sqlite-failures.ts";

type Status = StoreHealth["status"];

const DETAILS: Readonly<Record<Exclude<Status, "ok">, string>> = {
  full: "the disk is full, or the database has reached TRAINYARD_MAX_DATABASE_BYTES: nothing can be added until there is room",
  failing: "the disk does not take what is written; it is tried again",
  damaged: `the database is damaged: an operator must ${RESTORE}`,
};

/** A worse state takes the place of a better one; back it goes only by a write that succeeds. */
const RANK: Readonly<Record<Status, number>> = { ok: 0, full: 1, failing: 1, damaged: 2 };

/** Tries whether the database can be written. */
export interface Probe {
  /** Writes a little and takes it away again. Throws what a write throws. */
  write(): Promise<void>;
  /** Bytes in the database that deletions have left for what comes. */
  freeBytes(): Promise<number>;
}

/** What a write is. Small changes of what is there go on while the disk is full: they may use the reserve. */
export type WriteKind = "adds" | "changes";

export interface HealthOptions {
  readonly reserve: Reserve;
  /** How much there must be in the database where the reserve cannot be made again. */
  readonly reserveBytes: number;
  /** How often an unhealthy database is tried. */
  readonly probeMs: number;
}

export interface HealthKeeper {
  current(): StoreHealth;
  /** Calls at every change. Returns what ends that. */
  onChange(listener: (health: StoreHealth, cause: unknown) => void): () => void;
  /** Throws what a request must be told when its write is not even to be tried. */
  assertWritable(kind: WriteKind): void;
  /** Takes note of an error, and gives the one that the request is to see. */
  fail(error: SqliteError): Promise<Error>;
  /** Makes the reserve, and tries with `probe` from now on. Without a reserve the database counts as full. */
  start(probe: Probe): Promise<void>;
  /** Tries now. */
  check(): Promise<void>;
  close(): void;
}

/** The keeper of a database that was just opened. */
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
    // The room comes first: who hears of the change may want to write.
    if (status === "full") await reserve.release();
    become(status, cause);
    if (status !== "damaged") tryAgain();
  };
  const tryAgain = (): void => {
    clearTimeout(timer);
    if (closed) return;
    timer = setTimeout(() => void check(), probeMs);
    timer.unref();
  };
  const isWritable = async (tried: Probe): Promise<boolean> => {
    try {
      if (!(await reserve.make()) && (await tried.freeBytes()) < 2 * reserveBytes) return false;
      await tried.write();
      return true;
    } catch {
      return false;
    }
  };
  const check = async (): Promise<void> => {
    if (!probe || health.status === "ok" || health.status === "damaged") return;
    if (await isWritable(probe)) become("ok", null);
    else tryAgain();
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
