#!/bin/bash
# A key that an object lacks is not missing in Arrow's table: it is NaN, an empty text, or false.
#
# Versions   apache-arrow 21.1.0, on Node 24; seen on 2026-11-30
# Guess      tableFromJSON makes a column of every key that any object has, all of them nullable, and null where an object lacks the key, as
#            pandas, DuckDB and Polars read such rows.
# Behaviour  Only null is null. undefined is counted as null where types are inferred, and then written as a value: NaN among numbers, "" among
#            texts, false among booleans, with a null count of 0. Among dates or lists it is an error. So do tableFromArrays and vectorFromArray.
#            A column has the type of its first value: a text further on becomes NaN, and a number becomes a text.
# What to do Give every object every key, with null: rows.map((row) => ({ ...blank, ...row })). Check nullCount.
# Source     The output below; the documentation of tableFromJSON says "Creates a Table from an array of objects", and no more.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund apache-arrow@21.1.0
cat >try.mjs <<'JS'
import { tableFromIPC, tableFromJSON, tableToIPC, vectorFromArray } from "apache-arrow";

const show = (value) => (typeof value === "string" ? JSON.stringify(value) : String(value));
function columns(rows) {
  // There and back, as another program would read it.
  const table = tableFromIPC(tableToIPC(tableFromJSON(rows)));
  return table.schema.fields.map(({ name }) => {
    const column = table.getChild(name);
    return `${name} ${[...column].map(show).join(" ")} (${column.nullCount} null)`;
  });
}
const whole = { mass: 3750, sex: "male", tagged: true };
console.log(`key missing: ${columns([whole, { mass: 3800 }, { sex: "female", tagged: true }]).join(", ")}`);
console.log(`null: ${columns([whole, { mass: 3800, sex: null, tagged: null }, { mass: null, sex: "female", tagged: true }]).join(", ")}`);
console.log(`a text among numbers: ${columns([{ mass: 3750 }, { mass: "3800" }, { mass: "heavy" }])}`);
console.log(`undefined in an array: ${[...vectorFromArray([1, undefined, null])].map(show).join(" ")}`);
JS
seen=$(node try.mjs)
expected='key missing: mass 3750 3800 NaN (0 null), sex "male" "" "female" (0 null), tagged true false true (0 null)
null: mass 3750 3800 null (1 null), sex "male" null "female" (1 null), tagged true null true (1 null)
a text among numbers: mass 3750 3800 NaN (0 null)
undefined in an array: 1 NaN null'
echo "$seen"
if [ "$seen" != "$expected" ]; then
  echo "This has changed; it was:" >&2
  echo "$expected" >&2
  exit 1
fi
