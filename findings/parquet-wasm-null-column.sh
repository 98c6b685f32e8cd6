#!/bin/bash
# A column of Arrow's Null type comes back as zeros after Parquet.
#
# Versions   apache-arrow 21.1.0, parquet-wasm 0.8.0, hyparquet 1.31.5, on Node 24; seen on 2026-11-28
# Guess      An Arrow table whose column has the Null type is written as a column of nulls: every reader gives null for it.
# Behaviour  apache-arrow makes the field of a Null vector not nullable (its null count is 0), and parquet-wasm writes such a field
#            as a REQUIRED INT32 of zeros with the logical type NULL. A reader that does not look at that type gives 0 in every
#            row, and the column's statistics say 0 to 0 with no nulls. parquet-wasm's own reader gives null again.
# What to do When reading, take a column whose logical type is NULL for missing, whatever its values are. When writing, leave
#            such columns out, or give them another type.
# Source     The programs' own output below; the logical type is UNKNOWN in parquet-format's LogicalTypes.md ("always null").
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund apache-arrow@21.1.0 parquet-wasm@0.8.0 hyparquet@1.31.5 >/dev/null
cat >try.mjs <<'JS'
import { readFileSync } from "node:fs";
import * as arrow from "apache-arrow";
import { parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import * as parquet from "parquet-wasm/esm";

parquet.initSync({ module: readFileSync("node_modules/parquet-wasm/esm/parquet_wasm_bg.wasm") });
const table = new arrow.Table({
  id: arrow.makeVector(Int32Array.of(10, 20, 30)),
  nothing: arrow.makeVector({ type: new arrow.Null(), length: 3 }),
});
const bytes = parquet.writeParquet(
  parquet.Table.fromIPCStream(arrow.tableToIPC(table, "stream")),
  new parquet.WriterPropertiesBuilder().build(),
);
const file = {
  byteLength: bytes.byteLength,
  slice: (start, end = bytes.byteLength) => bytes.slice(start, end).buffer,
};
const { schema, row_groups: [group] } = await parquetMetadataAsync(file);
const { repetition_type, type, logical_type } = schema.find(({ name }) => name === "nothing");
const { min_value, max_value, null_count } = group.columns[1].meta_data.statistics;
const seen = {
  arrow: table.toArray().map(({ nothing }) => nothing),
  isNullable: table.schema.fields[1].nullable,
  written: `${repetition_type} ${type} ${logical_type?.type}`,
  statistics: `${min_value} to ${max_value}, ${null_count} nulls`,
  hyparquet: (await parquetReadObjects({ file })).map(({ nothing }) => nothing),
  parquetWasm: arrow.tableFromIPC(parquet.readParquet(bytes).intoIPCStream()).toArray().map(({ nothing }) => nothing),
};
for (const [name, value] of Object.entries(seen)) console.log(`${name}: ${value instanceof Array ? value.map(String) : value}`);
JS
seen=$(node try.mjs)
expected='arrow: null,null,null
isNullable: false
written: REQUIRED INT32 NULL
statistics: 0 to 0, 0 nulls
hyparquet: 0,0,0
parquetWasm: null,null,null'
echo "$seen"
if [ "$seen" != "$expected" ]; then
  echo "This has changed; it was:" >&2
  echo "$expected" >&2
  exit 1
fi
