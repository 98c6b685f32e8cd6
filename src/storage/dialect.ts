/**
 * Holds every difference between the two databases. One set of queries and of migrations serves both; a query that depends on
 * the database calls a function of this file.
 */
import { CompiledQuery, type Kysely, PostgresAdapter, PostgresQueryCompiler, type SelectQueryBuilder } from "kysely";
import type { ColumnTypes } from "../../migrations/column-types.ts";
import type { RunSql } from "../domain/jobs/queue.ts";

/** The type names of each database. */
export const COLUMN_TYPES: Readonly<Record<"sqlite" | "postgres", ColumnTypes>> = {
  sqlite: { bytes: "blob" },
  postgres: { bytes: "bytea" },
};

/** Whether several writers run at once and lock rows. SQLite has one writer, which locks the whole database. */
function locksRows<T>(db: Kysely<T>): boolean {
  return db.getExecutor().adapter instanceof PostgresAdapter;
}

/** Locks the rows of a query until the transaction ends, and skips those that another transaction has locked. */
export function lockedForUpdate<T, TB extends keyof T, O>(
  db: Kysely<T>,
  query: SelectQueryBuilder<T, TB, O>,
): SelectQueryBuilder<T, TB, O> {
  return locksRows(db) ? query.forUpdate().skipLocked() : query;
}

/** Locks the rows of a query until the transaction ends. Waits for other transactions that have locked one of them. */
export function lockRows<T, TB extends keyof T, O>(db: Kysely<T>, query: SelectQueryBuilder<T, TB, O>) {
  return locksRows(db) ? query.forUpdate() : query;
}

/** Declares text columns with the collation "C", so that PostgreSQL compares text bytewise, as SQLite and JavaScript do. */
export class BytewisePostgresCompiler extends PostgresQueryCompiler {
  protected override visitDataType(node: Parameters<PostgresQueryCompiler["visitDataType"]>[0]): void {
    super.visitDataType(node);
    if (node.dataType === "text") this.append(' collate "C"');
  }
}

/** Returns a function that runs SQL text on a database, or in a transaction. */
export function runSqlOn<T>(db: Kysely<T>): RunSql {
  return async (text, values = []) => {
    const { rows } = await db.executeQuery<Record<string, unknown>>(CompiledQuery.raw(text, [...values]));
    return rows;
  };
}

/** Whether a statement failed on a unique constraint. */
export function isDuplicate(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === "23505" || code === "SQLITE_CONSTRAINT_UNIQUE" || code === "SQLITE_CONSTRAINT_PRIMARYKEY";
}
