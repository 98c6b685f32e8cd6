/** Every message between a SQLite thread and the side that drives it. Types only. */

/** How sure a commit is to survive a power cut: SQLite's `PRAGMA synchronous`. */
export type Synchronous = "NORMAL" | "FULL";

/** What the thread is started with. */
export interface SqliteThreadOptions {
  readonly path: string;
  /** A read-only connection to a database that a writer has opened before. */
  readonly readonly: boolean;
  /** Held for the life of a writer, so that a second process on the same database is refused; null for a reader. */
  readonly lockPath: string | null;
  readonly busyTimeoutMs: number;
}

/** What SQL takes and gives: whole blobs move between the threads without a copy. */
export type SqlValue = null | number | bigint | string | Uint8Array<ArrayBuffer>;

export type SqliteRequest =
  | { readonly kind: "query"; readonly sql: string; readonly parameters: readonly SqlValue[] }
  | { readonly kind: "synchronous"; readonly level: Synchronous }
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
