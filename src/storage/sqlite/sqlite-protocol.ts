/** Every message between a SQLite thread and the side that drives it. Types only. */

/** How sure a commit is to survive a power cut: SQLite's `PRAGMA synchronous`. */
export type Synchronous = "NORMAL" | "FULL";

/** What holds for the statements of one user of a connection. */
export interface ConnectionLevel {
  readonly synchronous: Synchronous;
  /** Size up to which the database may grow; null: as far as the disk goes. */
  readonly maxBytes: number | null;
}

/** What a connection is for. */
export type ConnectionRole =
  /** Holds the lock of the database for its life, so that a second process is refused, and takes in what is staged (swap.ts). */
  | "writer"
  | "reader"
  /** Makes a copy ready that nobody uses yet: one file, without a log beside it. */
  | "copy";

/** What the thread is started with. */
export interface SqliteThreadOptions {
  readonly path: string;
  readonly role: ConnectionRole;
  readonly busyTimeoutMs: number;
  /** How long a writer waits for the lock of the database. */
  readonly lockTimeoutMs?: number;
}

/** What SQL takes and gives: whole blobs move between the threads without a copy. */
export type SqlValue = null | number | bigint | string | Uint8Array<ArrayBuffer>;

export type SqliteRequest =
  | { readonly kind: "query"; readonly sql: string; readonly parameters: readonly SqlValue[] }
  | { readonly kind: "level"; readonly level: ConnectionLevel }
  /** Copies the database as it is at one moment to a new file; whoever writes to it goes on. */
  | { readonly kind: "copy"; readonly path: string }
  | { readonly kind: "close" };

export interface SqliteResult {
  readonly rows: readonly Readonly<Record<string, SqlValue>>[];
  readonly changes: number;
}

/** An error of SQLite: its message, and its code ("SQLITE_BUSY"), which a clone of the error would lose. */
export interface SqliteFailure {
  readonly message: string;
  readonly code: string;
}

/** One reply a request, in the order of the requests; the first reply says how opening went. */
export type SqliteReply =
  | { readonly ok: true; readonly result: SqliteResult }
  | { readonly ok: false; readonly failure: SqliteFailure };
