/** The messages between a SQLite thread and the main thread. Types only. */
import type { ErrorCode, FieldError } from "../../domain/errors.ts";
import type { ProcedureName } from "../queries/procedures.ts";

/** Durability of a commit at a power cut: SQLite's `PRAGMA synchronous`. */
export type Synchronous = "NORMAL" | "FULL";

/** Settings for the statements of one user of a connection. */
export interface ConnectionLevel {
  readonly synchronous: Synchronous;
  /** Maximum size of the database; null: no limit but the disk. */
  readonly maxBytes: number | null;
}

/** Purpose of a connection. */
export type ConnectionRole =
  /** Locks the database for its lifetime, which keeps out a second process, and installs a staged one (staged-restore.ts). */
  | "writer"
  | "reader"
  /** Prepares a copy that is not in use yet: one file, without a log beside it. */
  | "copy";

/** The options with which the thread is started. */
export interface SqliteThreadOptions {
  readonly path: string;
  readonly role: ConnectionRole;
  readonly busyTimeoutMs: number;
  /** How long a writer waits for the lock of the database. */
  readonly lockTimeoutMs?: number;
}

/** A value of SQL. Blobs that span their buffer are transferred between the threads without a copy. */
export type SqlValue = null | number | bigint | string | Uint8Array<ArrayBuffer>;

/** A call of a procedure. */
export interface SqliteCall {
  readonly name: ProcedureName;
  readonly args: readonly unknown[];
}

export type SqliteRequest =
  | { readonly kind: "query"; readonly sql: string; readonly parameters: readonly SqlValue[] }
  /** Runs procedures in order, and commits them together. Its result is a reply for each. */
  | { readonly kind: "calls"; readonly calls: readonly SqliteCall[] }
  | { readonly kind: "level"; readonly level: ConnectionLevel }
  /** Copies a snapshot of the database to a new file; other connections may write meanwhile. */
  | { readonly kind: "copy"; readonly path: string }
  | { readonly kind: "close" };

export interface SqliteResult {
  readonly rows: readonly Readonly<Record<string, SqlValue>>[];
  readonly changes: number;
}

/** An error of SQLite: its message and its code ("SQLITE_BUSY"), which structured cloning of the error would lose. */
export interface SqliteFailure {
  readonly message: string;
  readonly code: string;
  /** The place of a bug in a procedure. */
  readonly stack?: string;
  /** The refusal of a procedure, with the fields of a TrainyardError. */
  readonly refusal?: { readonly code: ErrorCode; readonly errors: readonly FieldError[] };
}

/** One reply for each request, in the order of the requests: a SqliteResult for a query, a reply for each of the calls. The first reply is the outcome of opening the database. */
export type SqliteReply =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly failure: SqliteFailure };
