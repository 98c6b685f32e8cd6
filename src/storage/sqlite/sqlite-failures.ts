/** What SQLite's error codes mean to those who use the store. The only table of them. */
import { TrainyardError } from "../../domain/errors.ts";
import type { StoreHealth } from "../../domain/operation/store-health.ts";
import type { SqliteError } from "./sqlite-connection.ts";

/** What an error says of the database. */
export interface Failure {
  /** What the store is from now on; null when one request failed and nothing else is said by it. */
  readonly status: Exclude<StoreHealth["status"], "ok"> | null;
  /** Completes "the database ... cannot be used: ...". */
  readonly reason: string;
}

/** By the beginning of the code; the first that fits counts. */
const FAILURES: readonly (readonly [code: string, failure: Failure])[] = [
  ["SQLITE_FULL", { status: "full", reason: "there is no room for it on the disk" }],
  // Shared memory beside the database is a file too, and growing it is the first thing that fails on a full disk.
  ["SQLITE_IOERR_SHM", { status: "full", reason: "there is no room for it on the disk" }],
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

/** What an error means; null for one that says something of the statement alone, which is a bug of ours. */
export function failureOf({ code }: SqliteError): Failure | null {
  return FAILURES.find(([beginning]) => code.startsWith(beginning))?.[1] ?? null;
}

/** The error that a request sees in place of SQLite's, which stays its cause. */
export function requestError(cause: SqliteError, health: StoreHealth, { status, reason }: Failure): TrainyardError {
  const code = status === "full" ? "storage_full" : "unavailable";
  const detail = status === null ? `the database cannot be used: ${reason}; try again` : health.detail;
  return Object.assign(new TrainyardError(code, detail), { cause });
}

/** One line for an superuser whose database could not be opened. */
export function openingError(path: string, cause: SqliteError): TrainyardError {
  const failure = failureOf(cause);
  const finding = cause.code.startsWith("SQLITE_CORRUPT") ? `: ${cause.message}` : "";
  const cure = failure?.status === "damaged" ? `; ${RESTORE}` : "";
  const reason = `${failure?.reason ?? cause.message} (${cause.code})`;
  const detail = `the database ${path} cannot be used: ${reason}${finding}${cure}`;
  return Object.assign(new TrainyardError("unavailable", detail), { cause });
}

/** The cure of a damaged database. */
export const RESTORE = "put a backup in its place with `trainyard restore FILE`";
