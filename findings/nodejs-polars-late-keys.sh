#!/bin/bash
# nodejs-polars drops the keys that only rows after the hundredth have, and turns their texts into nulls, without a word.
#
# Versions   nodejs-polars 0.26.1, on Node 24; seen on 2026-11-30
# Guess      DataFrame(rows) and readRecords(rows) have the rows in memory, and make a column of every key, of a type that holds all values; or they
#            raise an error where a later row does not fit, as readCSV does.
# Behaviour  Keys and types are those of the first 100 rows. A key that comes first in row 101 is no column, and a text among numbers is null. So
#            an optional field that is rare at the beginning is gone.
# What to do Pass a schema, or inferSchemaLength: rows.length. Compare the columns with the keys that you have, and count the nulls.
# Source     The output below; inferSchemaLength in the package's bin/io.d.ts and internals/construction.js. The like in polars itself, of
#            newline-delimited JSON: github.com/pola-rs/polars, issue 29330 (2026-09-16).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund nodejs-polars@0.26.1
cat >try.mjs <<'JS'
import pl from "nodejs-polars";

const late = (before) => [...Array.from({ length: before }, (_, index) => ({ age: index })), { age: "unknown", city: "Oslo" }];
for (const [name, make] of [
  ["DataFrame", (rows) => pl.DataFrame(rows)],
  ["readRecords", (rows) => pl.readRecords(rows)],
  ["readRecords of all", (rows) => pl.readRecords(rows, { inferSchemaLength: rows.length })],
]) {
  for (const before of [99, 100]) {
    const frame = make(late(before));
    console.log(`${name}, after ${before} rows: ${frame.columns.join(" and ")}, last row ${JSON.stringify(frame.tail(1).toRecords()[0])}`);
  }
}
try {
  pl.readCSV(`age\n${late(100).map(({ age }) => age).join("\n")}\n`);
} catch ({ message }) {
  console.log(`readCSV: ${message.split("\n")[0]}`);
}
JS
seen=$(node try.mjs | tr -d "\`'")
expected='DataFrame, after 99 rows: age and city, last row {"age":"unknown","city":"Oslo"}
DataFrame, after 100 rows: age, last row {"age":null}
readRecords, after 99 rows: age and city, last row {"age":"unknown","city":"Oslo"}
readRecords, after 100 rows: age, last row {"age":null}
readRecords of all, after 99 rows: age and city, last row {"age":"unknown","city":"Oslo"}
readRecords of all, after 100 rows: age and city, last row {"age":"unknown","city":"Oslo"}
readCSV: could not parse unknown as dtype i64 at column age (column number 1)'
echo "$seen"
if [ "$seen" != "$expected" ]; then
  echo "This has changed; it was:" >&2
  echo "$expected" >&2
  exit 1
fi
