#!/bin/bash
# Half of a table of 1,000 rows is all of them or none in DuckDB: `using sample 50%` draws blocks of 2,048 rows.
#
# Versions   @duckdb/node-api 1.5.6-r.1 (DuckDB 1.5.6), on Node 24; seen on 2026-11-30
# Guess      A sample of 50 % takes each row with a chance of a half, or half of the rows exactly; a table that is split so into training and test
#            rows has about as many of both.
# Behaviour  A percentage without a method is "system": each vector of 2,048 rows is taken whole or left out. A table of up to 2,048 rows is a
#            sample of itself or empty, without a word, and 5,000 rows give one of six sizes from 0 to 5,000. Rows that stand together in the table
#            are in the sample together. reservoir draws rows.
# What to do Name the method, `using sample 50% (bernoulli, 7)`, or `reservoir(50%)` for the exact share; for a split that lasts, take it by a hash
#            of a key, since new rows change a sample.
# Source     The output below; duckdb.org/docs/current/sql/samples, which warns of it by now; github.com/duckdb/duckdb, issues 5839 (2023-01-06), 7954
#            (2023-06-15) and 15302 (2024-12-12).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @duckdb/node-api@1.5.6-r.1
cat >try.mjs <<'JS'
import { DuckDBInstance } from "@duckdb/node-api";

const SEEDS = 200;
const database = await (await DuckDBInstance.create(":memory:", { threads: "1" })).connect();
/** Of the sizes of samples by each seed: the least, the largest, and how many there are of each, if they are few. */
async function sizes(rows, method) {
  await database.run(`create or replace table rows as select i from range(${rows}) as r(i)`);
  const seen = new Set();
  for (let seed = 1; seed <= SEEDS; seed++) {
    const reader = await database.runAndReadAll(`select count(*) from (from rows using sample 50% (${method}, ${seed}))`);
    seen.add(Number(reader.getRowsJson()[0][0]));
  }
  const all = [...seen].sort((a, b) => a - b);
  return all.length > 12 ? `${all.length} sizes from ${all[0]} to ${all.at(-1)}` : all.join(" ");
}
for (const rows of [1000, 2048, 5000]) console.log(`system, of ${rows}: ${await sizes(rows, "system")}`);
console.log(`reservoir, of 1000: ${await sizes(1000, "reservoir")}`);
console.log(`bernoulli, of 1000: between 400 and 600 ${/ from [45]\d\d to [45]\d\d$/.test(await sizes(1000, "bernoulli"))}`);
const unnamed = new Set();
for (let turn = 0; turn < SEEDS; turn++) {
  const reader = await database.runAndReadAll("select count(*) from (from range(1000) using sample 50%)");
  unnamed.add(Number(reader.getRowsJson()[0][0]));
}
console.log(`without a method, of 1000: ${[...unnamed].sort((a, b) => a - b).join(" ")}`);
JS
seen=$(node try.mjs)
expected='system, of 1000: 0 1000
system, of 2048: 0 2048
system, of 5000: 0 904 2048 2952 4096 5000
reservoir, of 1000: 500
bernoulli, of 1000: between 400 and 600 true
without a method, of 1000: 0 1000'
echo "$seen"
if [ "$seen" != "$expected" ]; then
  echo "This has changed; it was:" >&2
  echo "$expected" >&2
  exit 1
fi
