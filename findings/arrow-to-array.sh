#!/bin/bash
# toArray of Arrow's vectors has 0 for null in numbers and dates, and null in booleans and texts; of half floats it has their bits.
#
# Versions   apache-arrow 21.2.0, on Node 24; seen on 2026-11-30
# Guess      toArray() is [...vector], perhaps as a typed array with NaN for null, as in pandas; a column of missing ages has no ages of 0.
# Behaviour  A vector of numbers in one piece gives the memory itself: what stands there where a value is missing, which is 0 for vectors that are
#            made here, and 1970 for dates. Booleans and texts give arrays with null, so that a table is read in two ways. A Float16 vector gives
#            a Uint16Array of bits, where [...vector] gives numbers. The documentation says "zero-copy", and not what of null.
# What to do Use [...vector] or toJSON() for values, and toArray() only if nullCount is 0 and the type is none of 16 bits.
# Source     The output below; github.com/apache/arrow-js, issue 105 (2020-10-07), open; github.com/apache/arrow, pull request 14677 (2022-11-18), not
#            merged.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund apache-arrow@21.2.0
cat >try.mjs <<'JS'
import { Bool, Float16, Float64, Int32, TimestampMillisecond, Utf8, vectorFromArray } from "apache-arrow";

const date = new Date(0);
for (const [name, values, type] of [
  ["Float64", [34, null, 51], new Float64()],
  ["Int32", [34, null, 51], new Int32()],
  ["Bool", [true, null, false], new Bool()],
  ["Utf8", ["a", null, "b"], new Utf8()],
  ["Timestamp", [date, null, date], new TimestampMillisecond()],
  ["Float16", [0.5, 1, 2], new Float16()],
]) {
  const vector = vectorFromArray(values, type);
  const array = vector.toArray();
  console.log(`${name}: toArray ${array.constructor.name} ${[...array].map(String).join(" ")}; elements ${[...vector].map(String).join(" ")}`);
}
JS
seen=$(node try.mjs)
expected='Float64: toArray Float64Array 34 0 51; elements 34 null 51
Int32: toArray Int32Array 34 0 51; elements 34 null 51
Bool: toArray Array true null false; elements true null false
Utf8: toArray Array a null b; elements a null b
Timestamp: toArray BigInt64Array 0 0 0; elements 0 null 0
Float16: toArray Uint16Array 14336 15360 16384; elements 0.5 1 2'
echo "$seen"
if [ "$seen" != "$expected" ]; then
  echo "This has changed; it was:" >&2
  echo "$expected" >&2
  exit 1
fi
