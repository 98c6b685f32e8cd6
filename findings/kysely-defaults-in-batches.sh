#!/bin/bash
# On SQLite, a key that one row of an insert lacks and another has is null there, not the column's default.
#
# Versions   kysely 0.29.9 with better-sqlite3 13.2.0, on Node 24; seen on 2026-11-30
# Guess      values(rows) of rows with different keys is what the rows are one by one: a key that is left out, or undefined, takes the default of
#            the column, on every database.
# Behaviour  The columns are those of all rows together, and a gap is `default` on PostgreSQL and `null` on SQLite, which has no such keyword. A
#            row alone takes its default; beside a row that has the key, it is stored as null, or refused where the column is "not null". So
#            the same code stores other rows on the two databases, and one row more in a batch changes what the other rows get.
# What to do Give the rows of one insert the same keys (one function that makes them), or insert rows with different keys one by one. Do not lean
#            on defaults of the schema where both databases are served.
# Source     The output below; visitDefaultInsertValue in the package's dist/dialect/sqlite/sqlite-query-compiler.js. PostgreSQL got null
#            too until github.com/kysely-org/kysely, issue 150 (2022-08-29).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund kysely@0.29.9 better-sqlite3@13.2.0 >/dev/null
cat >try.mjs <<'JS'
import Database from "better-sqlite3";
import { DummyDriver, Kysely, PostgresAdapter, PostgresQueryCompiler, SqliteDialect } from "kysely";

const database = new Database(":memory:");
database.exec("create table jobs (id integer primary key, state text default 'queued', tries integer not null default 3)");
const sqlite = new Kysely({ dialect: new SqliteDialect({ database }) });
const postgres = new Kysely({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: () => undefined,
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
});
const mixed = [{ id: 2 }, { id: 3, state: "held" }];
console.log(`PostgreSQL: ${postgres.insertInto("jobs").values(mixed).compile().sql}`);
console.log(`SQLite:     ${sqlite.insertInto("jobs").values(mixed).compile().sql}`);
await sqlite.insertInto("jobs").values([{ id: 1 }]).execute();
await sqlite.insertInto("jobs").values(mixed).execute();
for (const { id, state } of await sqlite.selectFrom("jobs").selectAll().execute()) console.log(`row ${id}: ${state}`);
const refused = sqlite.insertInto("jobs").values([{ id: 4 }, { id: 5, tries: 1 }]);
await refused.execute().catch(({ message }) => console.log(`a column that is not null: ${message}`));
JS
seen=$(node try.mjs)
expected='PostgreSQL: insert into "jobs" ("id", "state") values ($1, default), ($2, $3)
SQLite:     insert into "jobs" ("id", "state") values (?, null), (?, ?)
row 1: queued
row 2: null
row 3: held
a column that is not null: NOT NULL constraint failed: jobs.tries'
echo "$seen"
if [ "$seen" != "$expected" ]; then
  echo "This has changed; it was:" >&2
  echo "$expected" >&2
  exit 1
fi
