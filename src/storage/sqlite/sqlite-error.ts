/** The errors of SQLite, for the main thread. */

/** An error that SQLite reported, with its code ("SQLITE_BUSY", "SQLITE_FULL", ...). */
export class SqliteError extends Error {
  override readonly name = "SqliteError";
  readonly code: string;

  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}
