/** Checks the integrity of a database with SQLite's own checks, as thoroughly as the size of the file allows at a start. */
import type { SqliteConnection } from "./sqlite-connection.ts";
import { SqliteError } from "./sqlite-error.ts";

/** Maximum sizes for each kind of check before the database is used. A larger database is checked while it is used. */
export interface IntegrityCheckBounds {
  /** For checking every page, and every index against its table: 0.4 s per GB from memory. */
  readonly wholeBytes: number;
  /** For checking every page. */
  readonly pagesBytes: number;
}

export const INTEGRITY_CHECK_BOUNDS: IntegrityCheckBounds = { wholeBytes: 512 * 1024 ** 2, pagesBytes: 4 * 1024 ** 3 };

export type Depth = "whole" | "pages" | "later";

/** Returns how thoroughly to check a database before it is used. */
export async function depthFor(connection: SqliteConnection, bounds: IntegrityCheckBounds): Promise<Depth> {
  const bytes = await sizeOf(connection);
  if (bytes <= bounds.wholeBytes) return "whole";
  return bytes <= bounds.pagesBytes ? "pages" : "later";
}

/** Checks a database. Throws a SqliteError "SQLITE_CORRUPT" with the first finding. */
export async function checkIntegrity(connection: SqliteConnection, depth: Exclude<Depth, "later">): Promise<void> {
  const check = depth === "whole" ? "integrity_check" : "quick_check";
  const { rows } = await connection.query(`pragma ${check}(1)`, []);
  const finding = String(Object.values(rows[0] ?? {})[0]);
  if (finding !== "ok") throw new SqliteError(finding.replaceAll(/\s+/g, " "), "SQLITE_CORRUPT");
}

/** Returns the size of a database in bytes, including the pages that are still in its log. */
export async function sizeOf(connection: SqliteConnection): Promise<number> {
  return (await pragma(connection, "page_count")) * (await pragma(connection, "page_size"));
}

async function pragma(connection: SqliteConnection, name: string): Promise<number> {
  const { rows } = await connection.query(`pragma ${name}`, []);
  return Number(Object.values(rows[0] ?? {})[0]);
}
