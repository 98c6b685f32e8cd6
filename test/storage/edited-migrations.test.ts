/**
 * Migrations were edited after builds had applied them. Whatever build made a database (test/fixtures/migrations), today's migrations bring it to
 * the schema of a new one; and none is edited unseen from here on.
 */
import Database from "better-sqlite3";
import { Kysely, PostgresDialect, SqliteDialect } from "kysely";
import pg from "pg";
import { describe, expect, it } from "vitest";
import { BytewisePostgresCompiler, COLUMN_TYPES } from "../../src/storage/dialect.ts";
import { MIGRATION_NAMES, MIGRATIONS, migrate } from "../../src/storage/migrations.ts";
import type { Tables } from "../../src/storage/tables.ts";
import { freshDatabase } from "../contract/databases/fresh-database.ts";
import { readHistory, statementsOf } from "../fixtures/migrations/history.ts";
import { recordSqlite } from "../fixtures/migrations/record.ts";

const history = await readHistory();
const earlier = history.builds.map((build) => ({
  build,
  last: build.map(([name, version]) => `${name.slice(0, 4)}.${version}`).join(" "),
}));

/** The tables of a SQLite database: columns by name, indexes and keys by what they hold, references. */
function readSqlite(database: Database.Database): unknown {
  const all = (statement: string) => database.prepare(statement).all() as Record<string, string | number | null>[];
  const tables = all("select name, sql from sqlite_master where type = 'table' and name not like 'sqlite_%' order by name");
  return tables.map(({ name, sql }) => ({
    name,
    hasRowid: !/without rowid\s*$/i.test(String(sql)),
    columns: all(`select name, type, "notnull", dflt_value, pk from pragma_table_info('${name}') order by name`),
    references: all(`select "table", "from", "to", on_delete from pragma_foreign_key_list('${name}') order by "from"`),
    indexes: all(
      `select l."unique", l.partial, l.origin, iif(l.origin = 'c', l.name, null) as name,
        (select group_concat(i.name) from (select name from pragma_index_info(l.name) order by seqno) as i) as columns
        from pragma_index_list('${name}') as l order by l.origin, columns`,
    ),
  }));
}

/** The same of a PostgreSQL database. */
async function readPostgres(client: pg.Client): Promise<unknown> {
  const parts = [
    `select table_name, column_name, data_type, collation_name, is_nullable, column_default from information_schema.columns
      where table_schema = 'public' order by 1, 2`,
    "select tablename, indexdef from pg_indexes where schemaname = 'public' order by 2",
    `select conrelid::regclass::text as table, contype, pg_get_constraintdef(oid) as definition from pg_constraint
      where connamespace = 'public'::regnamespace order by 1, 2, 3`,
  ];
  const read: unknown[] = [];
  for (const part of parts) read.push((await client.query(part)).rows);
  return read;
}

async function upgradedSqlite(statements: readonly string[]): Promise<unknown> {
  const database = new Database(":memory:");
  database.pragma("foreign_keys = ON");
  for (const statement of statements) database.exec(statement);
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database }) });
  await migrate(db, COLUMN_TYPES.sqlite);
  const schema = readSqlite(database);
  await db.destroy();
  return schema;
}

async function upgradedPostgres(statements: readonly string[]): Promise<unknown> {
  const connectionString = await freshDatabase();
  const client = new pg.Client({ connectionString });
  await client.connect();
  for (const statement of statements) await client.query(statement);
  const dialect = new PostgresDialect({ pool: new pg.Pool({ connectionString }) });
  dialect.createQueryCompiler = () => new BytewisePostgresCompiler();
  const db = new Kysely<Tables>({ dialect });
  await migrate(db, COLUMN_TYPES.postgres);
  const schema = await readPostgres(client);
  await client.end();
  await db.destroy();
  return schema;
}

describe("a database of an earlier build", () => {
  it.each(earlier)("has the schema of a new one on SQLite after $last", async ({ build }) => {
    expect(await upgradedSqlite(statementsOf(history, build, "sqlite"))).toEqual(await upgradedSqlite([]));
  });

  /** Of the builds that PostgreSQL knew: those whose migrations were edited or came out of order. */
  const onPostgres = earlier.filter(
    ({ build }) =>
      build.some(([name]) => name === "0006-outward") &&
      (build.length < 6 || build.some(([name, version]) => version < (history.versions[name]?.length ?? 0) - 1)),
  );
  it("has the schema of a new one on PostgreSQL, where its migrations were edited or came out of order", async () => {
    expect(onPostgres.length).toBeGreaterThan(5);
    const fresh = await upgradedPostgres([]);
    for (const { build, last } of onPostgres)
      expect({ last, schema: await upgradedPostgres(statementsOf(history, build, "postgres")) }).toEqual({
        last,
        schema: fresh,
      });
  });
});

it("has migrations that are those that builds have applied: an edit is a new migration, and test/fixtures/migrations/make.ts records it", async () => {
  const today = await recordSqlite(new Map(Object.entries(MIGRATIONS)));
  const recorded = MIGRATION_NAMES.map((name) => [name, history.versions[name]?.at(-1)?.sqlite]);
  expect([...today]).toEqual(recorded);
  expect(history.builds.at(-1)?.map(([name]) => name)).toEqual(MIGRATION_NAMES);
});
