/**
 * Holds every difference between the two databases. One set of queries and of migrations serves both; a query that depends on
 * the database calls a function of this file.
 */
import {
  CompiledQuery,
  type Kysely,
  PostgresAdapter,
  PostgresQueryCompiler,
  type RawBuilder,
  type SelectQueryBuilder,
  sql,
} from "kysely";
import type { ColumnTypes } from "../../migrations/column-types.ts";
import type { Literal, Operator } from "../domain/filter.ts";
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

/** Whether a single process writes to the database, and so knows what has changed. */
export function hasOneWriter<T>(db: Kysely<T>): boolean {
  return !locksRows(db);
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

/** Keeps the rows of a query from being deleted until the transaction ends. Others may keep them too, without waiting. */
export function keepRows<T, TB extends keyof T, O>(db: Kysely<T>, query: SelectQueryBuilder<T, TB, O>) {
  return locksRows(db) ? query.forKeyShare() : query;
}

/** Keeps the rows of a query from being changed or deleted until the transaction ends. Others may hold them too: nobody waits for that. */
export function holdRows<T, TB extends keyof T, O>(db: Kysely<T>, query: SelectQueryBuilder<T, TB, O>) {
  return locksRows(db) ? query.forShare() : query;
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

/** The types that each database gives to members of a JSON object, by the type of the literal that they are compared with. */
const MEMBER_TYPES = {
  sqlite: { number: ["integer", "real"], string: ["text"], true: ["true"], false: ["false"], null: ["null"] },
  postgres: { number: ["number"], string: ["string"], true: ["boolean"], false: ["boolean"], null: ["null"] },
} as const;

/**
 * Whether a member of a JSON object in a text column compares as requested with a literal. An absent member never does; one of another type
 * does only with `!=`.
 */
export function memberOfJson<T>(
  db: Kysely<T>,
  column: string,
  key: string,
  operator: Operator,
  literal: Literal,
): RawBuilder<boolean> {
  const isPostgres = locksRows(db);
  const kind = typeof literal === "number" ? "number" : typeof literal === "string" ? "string" : (`${literal}` as const);
  const types = sql.join(MEMBER_TYPES[isPostgres ? "postgres" : "sqlite"][kind].map((type) => sql.lit(type)));
  const [each, type, value] = isPostgres
    ? [
        sql`jsonb_each(${sql.ref(column)}::jsonb)`,
        sql`jsonb_typeof(member.value)`,
        typeof literal === "number" ? sql`(member.value #>> '{}')::double precision` : sql`(member.value #>> '{}') collate "C"`,
      ]
    : [sql`json_each(${sql.ref(column)})`, sql`member.type`, sql`member.value`];
  const compared = typeof literal === "number" || typeof literal === "string" ? literal : isPostgres ? `${literal}` : null;
  const comparison = operator === "!=" ? "=" : operator;
  // SQLite's type distinguishes true, false and null; without a CASE, PostgreSQL may compare before it has checked the type.
  const compares = compared === null || literal === null ? sql`true` : sql`${value} ${sql.raw(comparison)} ${compared}`;
  const holds = sql`case when ${type} in (${types}) then ${compares} else false end`;
  const wanted = operator === "!=" ? sql`not ${holds}` : holds;
  return sql<boolean>`exists (select 1 from ${each} as member where member.key = ${key} and ${wanted})`;
}

/** Whether text matches a pattern in which % is any text and _ any character; `anyCase`: ignores the case of ASCII letters. */
export function isLike<T>(db: Kysely<T>, text: RawBuilder<unknown>, pattern: string, anyCase: boolean): RawBuilder<boolean> {
  // PostgreSQL's LIKE has an escape unless it is told otherwise, SQLite's ignores the case of ASCII, and its GLOB has other wildcards.
  if (locksRows(db)) return sql`${text} ${sql.raw(anyCase ? "ilike" : "like")} cast(${pattern} as text) escape ''`;
  if (anyCase) return sql`${text} like ${pattern}`;
  const glob = pattern.replaceAll(/[[*?]/g, "[$&]").replaceAll("%", "*").replaceAll("_", "?");
  return sql`${text} glob ${glob}`;
}

/** The member of a JSON object in a text column as text; null if it has none. */
export function textOfMember<T>(db: Kysely<T>, column: string, path: readonly string[]): RawBuilder<string | null> {
  if (locksRows(db))
    return sql`(${sql.ref(column)}::jsonb #>> ${sql.val(`{${path.map((name) => JSON.stringify(name)).join(",")}}`)}::text[])`;
  // A quoted name may contain any character except a quote, so the path contains none.
  const quoted = path.map((name) => `."${name.replaceAll('"', "")}"`).join("");
  return sql`cast(json_extract(${sql.ref(column)}, ${`$${quoted}`}) as text)`;
}
