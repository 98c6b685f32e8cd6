#!/bin/bash
# better-sqlite3 hands every number to SQLite as a real: `? / 1000` does not divide as integers do, and 7 in a text column is "7.0".
#
# Versions   better-sqlite3 13.2.0, and node:sqlite of Node 24.21.0; seen on 2026-11-30
# Guess      An integer is bound as an integer: `at / 86400000` gives the day whether 86400000 is written into the SQL or bound to a `?`, and
#            PostgreSQL gives the same.
# Behaviour  typeof(?) is real for 5. What an INTEGER column stores is made an integer again, so that nothing is seen there; in expressions, in
#            JSON, in a TEXT column and in a column without a type it stays a real. A query builder that binds what one would have written as a
#            literal so changes the result: groups by day become groups by moment. Node's own node:sqlite does the same.
# What to do Write cast(? as integer) around a number that is divided, put into JSON or compared as text, or bind a BigInt. Test a query of such
#            kind with values that do not divide.
# Source     The output below; github.com/WiseLibs/better-sqlite3, issues 1313 (2025-01-14) and 897 (2022-11-02), pull request 839 (2022-07-10),
#            declined; github.com/nodejs/node, issue 63826 (2026-06-10).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund better-sqlite3@13.2.0 >/dev/null
cat >try.mjs <<'JS'
import { DatabaseSync } from "node:sqlite";
import Database from "better-sqlite3";

const DAY = 86_400_000;
for (const [name, database] of [["better-sqlite3", new Database(":memory:")], ["node:sqlite", new DatabaseSync(":memory:")]]) {
  database.exec("create table runs (at integer, label text, note)");
  const insert = database.prepare("insert into runs values (?, ?, ?)");
  for (const at of [1_764_500_000_123, 1_764_500_000_456]) insert.run(at, 7, 7);
  const one = (sql, ...values) => Object.values(database.prepare(sql).get(...values)).join(", ");
  console.log(`${name}: 7 is ${one("select typeof(?)", 7)}, 7 / 2 is ${one("select ? / ?", 7, 2)}`);
  console.log(`  stored as integer, text and without a type: ${one("select typeof(at), label, typeof(note) from runs")}`);
  console.log(`  days by a literal: ${one("select count(distinct at / 86400000) from runs")}`);
  console.log(`  days by a parameter: ${one("select count(distinct at / ?) from runs", DAY)}`);
  console.log(`  in JSON: ${one("select json_object('epoch', ?)", 7)}`);
}
JS
seen=$(node --no-warnings try.mjs)
expected='better-sqlite3: 7 is real, 7 / 2 is 3.5
  stored as integer, text and without a type: integer, 7.0, real
  days by a literal: 1
  days by a parameter: 2
  in JSON: {"epoch":7.0}
node:sqlite: 7 is real, 7 / 2 is 3.5
  stored as integer, text and without a type: integer, 7.0, real
  days by a literal: 1
  days by a parameter: 2
  in JSON: {"epoch":7.0}'
echo "$seen"
if [ "$seen" != "$expected" ]; then
  echo "This has changed; it was:" >&2
  echo "$expected" >&2
  exit 1
fi
