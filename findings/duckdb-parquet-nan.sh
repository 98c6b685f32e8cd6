#!/bin/bash
# DuckDB's `score < 10` gives the rows of a Parquet file whose score is NaN, or not, as the largest other score has it.
#
# Versions   @duckdb/node-api 1.5.6-r.1 (DuckDB 1.5.6) and hyparquet-writer 0.17.0, on Node 24; seen on 2026-11-30
# Guess      A condition is true of a row or not, whatever other rows are in the file and whoever wrote it. NaN is the largest number in DuckDB, so
#            that `> 10` and `= 'nan'` are true of it and `< 10` is false.
# Behaviour  Writers leave NaN out of a column's minimum and maximum, as the format says; DuckDB takes it that nothing is beyond them. Where the
#            maximum is 3, `< 10` is true of every row and is not asked again, and `> 10` of none; where it is 30, both are asked of each. `= 'nan'`
#            finds nothing in either. From a file that DuckDB wrote, and from a table, all are answered rightly, and isnan() is always right.
# What to do Write missing numbers as null, not as NaN (pandas and NumPy have NaN). Ask isnan(score) first, or load the file into a table, or run
#            `pragma disable_optimizer`.
# Source     The output below; github.com/duckdb/duckdb, issue 25521 (2026-09-09, open), of files by PyArrow, and pull request 16962 (2025-04-02).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @duckdb/node-api@1.5.6-r.1 hyparquet-writer@0.17.0
cat >try.mjs <<'JS'
import { writeFileSync } from "node:fs";
import { DuckDBInstance } from "@duckdb/node-api";
import { parquetWriteBuffer } from "hyparquet-writer";

const database = await (await DuckDBInstance.create(":memory:")).connect();
const CONDITIONS = ["score < 10", "score > 10", "score = 'nan'", "isnan(score)"];
for (const scores of [[1, NaN, 3], [1, NaN, 30]]) {
  const [byHyparquet, byDuckdb] = ["hyparquet", "duckdb"].map((writer) => `${writer}-${Math.max(...scores.filter(Number.isFinite))}.parquet`);
  writeFileSync(byHyparquet, Buffer.from(parquetWriteBuffer({ columnData: [{ name: "score", data: scores, type: "DOUBLE" }] })));
  await database.run(`create or replace table scores as from '${byHyparquet}'`);
  await database.run(`copy scores to '${byDuckdb}'`);
  console.log(`${scores.join(", ")}:`);
  for (const from of [`'${byHyparquet}'`, `'${byDuckdb}'`, "scores"]) {
    const found = [];
    for (const condition of CONDITIONS) {
      const reader = await database.runAndReadAll(`select score from ${from} where ${condition} order by score`);
      found.push(`${condition}: ${reader.getRowsJson().join(" ") || "none"}`);
    }
    console.log(`  from ${from}: ${found.join(", ")}`);
  }
}
JS
seen=$(node try.mjs | tr -d "'")
expected='1, NaN, 3:
  from hyparquet-3.parquet: score < 10: 1 3 NaN, score > 10: none, score = nan: none, isnan(score): NaN
  from duckdb-3.parquet: score < 10: 1 3, score > 10: NaN, score = nan: NaN, isnan(score): NaN
  from scores: score < 10: 1 3, score > 10: NaN, score = nan: NaN, isnan(score): NaN
1, NaN, 30:
  from hyparquet-30.parquet: score < 10: 1, score > 10: 30 NaN, score = nan: none, isnan(score): NaN
  from duckdb-30.parquet: score < 10: 1, score > 10: 30 NaN, score = nan: NaN, isnan(score): NaN
  from scores: score < 10: 1, score > 10: 30 NaN, score = nan: NaN, isnan(score): NaN'
echo "$seen"
if [ "$seen" != "$expected" ]; then
  echo "This has changed; it was:" >&2
  echo "$expected" >&2
  exit 1
fi
