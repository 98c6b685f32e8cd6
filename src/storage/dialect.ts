/**
 * Where the two databases differ, and nothing else: one set of queries and of migrations serves both. A difference that a
 * query has to know is asked for here.
 */
import { CompiledQuery, type Kysely, PostgresAdapter, PostgresQueryCompiler, type SelectQueryBuilder } from "kysely";
import type { ColumnTypes } from "../../migrations/column-types.ts";
import type { RunSql } from "../domain/jobs/queue.ts";

/** What the databases call a column of bytes. */
export const COLUMN_TYPES: Readonly<Record<"sqlite" | "postgres", ColumnTypes>> = {
  sqlite: { bytes: "blob" },
  postgres: { bytes: "bytea" },
};

/** Whether several writers work at once, each locking rows; SQLite has one writer, which has them all. */
function locksRows<T>(db: Kysely<T>): boolean {
  return db.getExecutor().adapter instanceof PostgresAdapter;
}

/** Of the rows that a query would choose, those that nobody else is choosing at this moment, locked until the transaction ends. */
export function lockedForUpdate<T, TB extends keyof T, O>(
  db: Kysely<T>,
  query: SelectQueryBuilder<T, TB, O>,
): SelectQueryBuilder<T, TB, O> {
  return locksRows(db) ? query.forUpdate().skipLocked() : query;
}

/** The rows of a query, locked until the transaction ends: whoever wants to lock one of them waits. */
export function lockRows<T, TB extends keyof T, O>(db: Kysely<T>, query: SelectQueryBuilder<T, TB, O>) {
  return locksRows(db) ? query.forUpdate() : query;
}

/** PostgreSQL compares text by the rules of a language unless it is told to compare bytes, as SQLite and we do. */
export class BytewisePostgresCompiler extends PostgresQueryCompiler {
  protected override visitDataType(node: Parameters<PostgresQueryCompiler["visitDataType"]>[0]): void {
    super.visitDataType(node);
    if (node.dataType === "text") this.append(' collate "C"');
  }
}

/** Statements of others on a database, or in a transaction. */
export function runSqlOn<T>(db: Kysely<T>): RunSql {
  return async (text, values = []) => {
    const { rows } = await db.executeQuery<Record<string, unknown>>(CompiledQuery.raw(text, [...values]));
    return rows;
  };
}

/** Whether a statement failed because a row like it is there already. */
export function isDuplicate(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === "23505" || code === "SQLITE_CONSTRAINT_UNIQUE" || code === "SQLITE_CONSTRAINT_PRIMARYKEY";
}
