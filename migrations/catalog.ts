/** What a migration may ask of the database that it changes: which columns a table has, and in which order its key takes them. */
import { type Kysely, sql } from "kysely";
import type { ColumnTypes } from "./column-types.ts";

/** Returns the names of a table's columns; none when there is no such table. */
export async function columnsOf(db: Kysely<unknown>, types: ColumnTypes, table: string): Promise<ReadonlySet<string>> {
  const query = isSqlite(types)
    ? sql<Named>`select name from pragma_table_info(${sql.lit(table)})`
    : sql<Named>`select column_name as name from information_schema.columns
        where table_schema = current_schema() and table_name = ${sql.lit(table)}`;
  return new Set((await query.execute(db)).rows.map(({ name }) => name));
}

/** Returns the columns of a table's primary key, in the key's order. */
export async function primaryKeyOf(db: Kysely<unknown>, types: ColumnTypes, table: string): Promise<readonly string[]> {
  const query = isSqlite(types)
    ? sql<Named>`select name from pragma_table_info(${sql.lit(table)}) where pk > 0 order by pk`
    : sql<Named>`select usage.column_name as name
        from information_schema.table_constraints as found
        join information_schema.key_column_usage as usage using (constraint_schema, constraint_name, table_name)
        where found.constraint_type = 'PRIMARY KEY' and found.table_schema = current_schema() and found.table_name = ${sql.lit(table)}
        order by usage.ordinal_position`;
  return (await query.execute(db)).rows.map(({ name }) => name);
}

/** Whether the database is SQLite; else it is PostgreSQL. */
export function isSqlite({ bytes }: ColumnTypes): boolean {
  return bytes === "blob";
}

interface Named {
  readonly name: string;
}
