/** Translates SQLite's error codes into those of the store. The only table of them. */
import { TrainyardError } from "../../domain/errors.ts";
import type { StoreHealth } from "../../domain/operation/store-health.ts";
import type { SqliteError } from "./sqlite-error.ts";

/** What an error means for the database. */
export interface Failure {
  /** The new status of the store; null when only this request failed. */
  readonly status: Exclude<StoreHealth["status"], "ok"> | null;
  /** Completes "the database ... cannot be used: ...". */
  readonly reason: string;
}

/** Meanings by the beginning of the code. The first match wins. */
const FAILURES: readonly (readonly [code: string, failure: Failure])[] = [
  ["SQLITE_FULL", { status: "full", reason: "its disk is full" }],
  // The shared memory of the database is a file too, and growing it is the first thing that fails on a full disk.
  ["SQLITE_IOERR_SHM", { status: "full", reason: "its disk is full" }],
  ["SQLITE_CORRUPT", { status: "damaged", reason: "it is damaged" }],
  ["SQLITE_NOTADB", { status: "damaged", reason: "it is not a SQLite database" }],
  ["SQLITE_IOERR_CORRUPTFS", { status: "damaged", reason: "its file system is damaged" }],
  ["SQLITE_IOERR_DATA", { status: "damaged", reason: "it is damaged" }],
  ["SQLITE_IOERR", { status: "failing", reason: "its disk reports an error" }],
  ["SQLITE_READONLY", { status: "failing", reason: "it cannot be written" }],
  ["SQLITE_CANTOPEN", { status: "failing", reason: "it cannot be opened" }],
  ["SQLITE_BUSY", { status: null, reason: "another process is using it" }],
  ["SQLITE_LOCKED", { status: null, reason: "another process is using it" }],
  ["CLOSED", { status: null, reason: "it is closed" }],
];

/** Returns the meaning of an error; null for an error in the statement itself, which is a bug. */
export function failureOf({ code }: SqliteError): Failure | null {
  return FAILURES.find(([beginning]) => code.startsWith(beginning))?.[1] ?? null;
}

/** Returns the error that a request sees, with SQLite's as its cause. */
export function requestError(cause: SqliteError, health: StoreHealth, { status, reason }: Failure): TrainyardError {
  const code = status === "full" ? "storage_full" : "unavailable";
  const detail = status === null ? `the database cannot be used: ${reason}; try again` : health.detail;
  return Object.assign(new TrainyardError(code, detail), { cause });
}

/** Returns the error for a database that cannot be opened, with a one-line message and SQLite's error as its cause. */
export function openingError(path: string, cause: SqliteError): TrainyardError {
  const failure = failureOf(cause);
  const finding = cause.code.startsWith("SQLITE_CORRUPT") ? `: ${cause.message}` : "";
  const cure = failure?.status === "damaged" ? `; ${RESTORE}` : "";
  const reason = `${failure?.reason ?? cause.message} (${cause.code})`;
  const detail = `the database ${path} cannot be used: ${reason}${finding}${cure}`;
  return Object.assign(new TrainyardError("unavailable", detail), { cause });
}

/** What to do about a damaged database. */
export const RESTORE = "restore a backup with `trainyard restore FILE`";
