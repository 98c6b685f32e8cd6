#!/bin/bash
# A column of dates or of timestamps in seconds is a column of integers after Parquet.
#
# Versions   apache-arrow 21.1.0, parquet-wasm 0.8.0, hyparquet 1.31.5, on Node 24; seen on 2026-11-30
# Guess      Arrow's DateMillisecond, the type that is named as JavaScript's Date counts, and TimestampSecond are written as DATE or TIMESTAMP, as
#            pyarrow writes them (its seconds become milliseconds), and every reader gives times.
# Behaviour  Parquet has no type of seconds and none of dates in milliseconds, and parquet-wasm writes both as INT64 without a logical type: what
#            they are stands in the key ARROW:schema alone, which readers that are not built on Arrow do not look at. They see 1699920000.
#            DateDay, and timestamps of milliseconds, microseconds and nanoseconds, come back as times.
# What to do Cast to TimestampMillisecond (what vectorFromArray makes of Dates) or to DateDay before writing; or tell the reader the unit.
# Source     The output below; github.com/lakehq/sail, pull request 2522 (2026-09-04), of arrow-rs, which parquet-wasm is built on. LogicalTypes.md of
#            github.com/apache/parquet-format has the units of TIMESTAMP: MILLIS, MICROS, NANOS.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund apache-arrow@21.1.0 parquet-wasm@0.8.0 hyparquet@1.31.5
cat >try.mjs <<'JS'
import { readFileSync } from "node:fs";
import * as arrow from "apache-arrow";
import { parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import * as parquet from "parquet-wasm/esm";

parquet.initSync({ module: readFileSync("node_modules/parquet-wasm/esm/parquet_wasm_bg.wasm") });
const types = ["DateDay", "DateMillisecond", "TimestampSecond", "TimestampMillisecond", "TimestampMicrosecond"];
const when = [new Date("2023-11-14T00:00:00Z")];
const table = new arrow.Table(Object.fromEntries(types.map((type) => [type, arrow.vectorFromArray(when, new arrow[type]())])));
const bytes = parquet.writeParquet(
  parquet.Table.fromIPCStream(arrow.tableToIPC(table, "stream")),
  new parquet.WriterPropertiesBuilder().setCompression(parquet.Compression.UNCOMPRESSED).build(),
);
const file = { byteLength: bytes.byteLength, slice: (start, end = bytes.byteLength) => bytes.slice(start, end).buffer };
const { schema, key_value_metadata: more } = await parquetMetadataAsync(file);
const [read] = await parquetReadObjects({ file });
const back = arrow.tableFromIPC(parquet.readParquet(bytes).intoIPCStream()).schema.fields;
for (const type of types) {
  const { type: stored, logical_type: logical } = schema.find(({ name }) => name === type);
  const value = read[type] instanceof Date ? read[type].toISOString() : String(read[type]);
  console.log(`${type}: ${stored} ${logical?.type ?? "without a logical type"}, ${value}; parquet-wasm ${back.find(({ name }) => name === type).type}`);
}
console.log(`keys: ${more.map(({ key }) => key).join(" ")}`);
JS
seen=$(node try.mjs)
expected='DateDay: INT32 DATE, 2023-11-14T00:00:00.000Z; parquet-wasm Date32<DAY>
DateMillisecond: INT64 without a logical type, 1699920000000; parquet-wasm Date64<MILLISECOND>
TimestampSecond: INT64 without a logical type, 1699920000; parquet-wasm Timestamp<SECOND>
TimestampMillisecond: INT64 TIMESTAMP, 2023-11-14T00:00:00.000Z; parquet-wasm Timestamp<MILLISECOND>
TimestampMicrosecond: INT64 TIMESTAMP, 2023-11-14T00:00:00.000Z; parquet-wasm Timestamp<MICROSECOND>
keys: ARROW:schema'
echo "$seen"
if [ "$seen" != "$expected" ]; then
  echo "This has changed; it was:" >&2
  echo "$expected" >&2
  exit 1
fi
