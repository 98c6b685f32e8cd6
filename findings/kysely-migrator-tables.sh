#!/bin/bash
# On SQLite, a run of migrations that fails leaves what it did before; in a transaction it still leaves the migrator's tables.
#
# Versions   kysely 0.29.9 with better-sqlite3 13.2.0, on Node 24; seen on 2026-11-28
# Guess      SQLite has transactional DDL, so migrateToLatest changes all or nothing: after a failure, or the end of the process at any
#            moment, a new database has no tables.
# Behaviour  Kysely's SQLite adapter says that there is no transactional DDL, and each migration is applied and recorded by itself: of
#            two, the first stays when the second fails. With an adapter that says otherwise, both are rolled back, but
#            kysely_migration and kysely_migration_lock (with one row) stay: they are made first, outside the transaction.
# What to do Give the dialect an adapter whose supportsTransactionalDdl is true. A check "tables, but no applied migration: this is
#            another program's database" has to leave the migrator's tables out; otherwise a first start that is killed makes a
#            database that no later start accepts.
# Source     The output below; SqliteAdapter and the migrator in dist of the package.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund kysely@0.29.9 better-sqlite3@13.2.0 >/dev/null
cat >try.mjs <<'JS'
import Database from "better-sqlite3";
import { Kysely, SqliteAdapter, SqliteDialect } from "kysely";
import { Migrator } from "kysely/migration";

class TransactionalAdapter extends SqliteAdapter {
  get supportsTransactionalDdl() {
    return true;
  }
}
class TransactionalDialect extends SqliteDialect {
  createAdapter() {
    return new TransactionalAdapter();
  }
}
const migrations = {
  "1-shop": { up: (db) => db.schema.createTable("shop").addColumn("id", "integer").execute() },
  "2-fails": { up: () => Promise.reject(new Error("no")) },
};
for (const Dialect of [SqliteDialect, TransactionalDialect]) {
  const database = new Database(":memory:");
  const db = new Kysely({ dialect: new Dialect({ database }) });
  const { error } = await new Migrator({ db, provider: { getMigrations: async () => migrations } }).migrateToLatest();
  const tables = database.prepare("select name from sqlite_master where type = 'table' order by name").all();
  const applied = database.prepare("select count(*) as count from kysely_migration").get();
  console.log(`${Dialect.name}: error "${error.message}", ${applied.count} applied, tables ${tables.map(({ name }) => name).join(", ")}`);
}
JS
seen=$(node try.mjs)
expected='SqliteDialect: error "no", 1 applied, tables kysely_migration, kysely_migration_lock, shop
TransactionalDialect: error "no", 0 applied, tables kysely_migration, kysely_migration_lock'
echo "$seen"
if [ "$seen" != "$expected" ]; then
  echo "This has changed; it was:" >&2
  echo "$expected" >&2
  exit 1
fi
