/** Is a database whole? SQLite's own checks, as thorough as the size of the file allows at a start. */
import { type SqliteConnection, SqliteError } from "./sqlite-connection.ts";

/** Up to which size a database is checked in which way before it is used; a larger one is checked while it is used. */
export interface IntegrityCheckBounds {
  /** Every page, and every index against its table: 0.4 s a GB from memory. */
  readonly wholeBytes: number;
  /** Every page. */
  readonly pagesBytes: number;
}

export const INTEGRITY_CHECK_BOUNDS: IntegrityCheckBounds = { wholeBytes: 512 * 1024 ** 2, pagesBytes: 4 * 1024 ** 3 };

export type Depth = "whole" | "pages" | "later";

/** How thoroughly this database is to be checked before it is used. */
export async function depthFor(connection: SqliteConnection, bounds: IntegrityCheckBounds): Promise<Depth> {
  const bytes = await sizeOf(connection);
  if (bytes <= bounds.wholeBytes) return "whole";
  return bytes <= bounds.pagesBytes ? "pages" : "later";
}

/** Throws a SqliteError "SQLITE_CORRUPT" that says what is wrong first. */
export async function checkIntegrity(connection: SqliteConnection, depth: Exclude<Depth, "later">): Promise<void> {
  const check = depth === "whole" ? "integrity_check" : "quick_check";
  const { rows } = await connection.query(`pragma ${check}(1)`, []);
  const finding = String(Object.values(rows[0] ?? {})[0]);
  if (finding !== "ok") throw new SqliteError(finding.replaceAll(/\s+/g, " "), "SQLITE_CORRUPT");
}

/** Bytes of a database, what is still in its log included. */
export async function sizeOf(connection: SqliteConnection): Promise<number> {
  return (await pragma(connection, "page_count")) * (await pragma(connection, "page_size"));
}

async function pragma(connection: SqliteConnection, name: string): Promise<number> {
  const { rows } = await connection.query(`pragma ${name}`, []);
  return Number(Object.values(rows[0] ?? {})[0]);
}
