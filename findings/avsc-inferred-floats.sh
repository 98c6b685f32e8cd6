#!/bin/bash
# avsc infers 32 bits for numbers that have 64: a moment in milliseconds comes back 46 seconds off.
#
# Versions   avsc 5.7.9, on Node 24; seen on 2026-11-30
# Guess      Type.forValue finds a type that holds the value: long for integers up to 2 ** 53, double for fractions, since JavaScript's numbers are
#            doubles.
# Behaviour  An integer beyond 32 bits and every fraction is a float. What is written is rounded to 24 bits, is valid by isValid, and comes back
#            as another number with no error. Small integers are int and right, so that a test with ids of 1, 2 and 3 sees nothing.
# What to do Write the schema, or give forValue a valueHook that makes every number a double.
# Source     The output below; github.com/mtth/avsc, issue 94 (2017-04-05).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund avsc@5.7.9
cat >try.mjs <<'JS'
import avro from "avsc";

const { Type } = avro;
const valueHook = (value, options) => (typeof value === "number" ? Type.forSchema("double", options) : undefined);
const row = { id: 123, at: 1_764_500_000_123, latitude: 59.91273 };
for (const [name, options] of [["inferred", {}], ["with a valueHook", { valueHook }]]) {
  const type = Type.forValue(row, options);
  const back = type.fromBuffer(type.toBuffer(row));
  const fields = type.fields.map((field) => `${field.name} ${field.type.typeName}`);
  console.log(`${name}: ${fields.join(", ")}; valid ${type.isValid(row)}; back ${Object.values(back).join(" ")}`);
}
console.log(`the moment is off by ${Math.round((Math.fround(row.at) - row.at) / 1000)} s`);
JS
seen=$(node try.mjs)
expected='inferred: id int, at float, latitude float; valid true; back 123 1764500045824 59.9127311706543
with a valueHook: id double, at double, latitude double; valid true; back 123 1764500000123 59.91273
the moment is off by 46 s'
echo "$seen"
if [ "$seen" != "$expected" ]; then
  echo "This has changed; it was:" >&2
  echo "$expected" >&2
  exit 1
fi
