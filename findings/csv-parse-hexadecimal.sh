#!/bin/bash
# csv-parse with cast makes every hexadecimal id 0, and the id 1004601880E1 a number of eleven digits.
#
# Versions   csv-parse 7.0.3, on Node 24; seen on 2026-11-30
# Guess      cast: true makes numbers of the fields that are written as decimal numbers, and leaves others texts; if it knows "0x1f" at all, that is
#            31, as Number has it.
# Behaviour  Whether a field is a number is asked of JavaScript's conversion, which knows hexadecimal, binary and octal digits, and its value of
#            parseFloat, which stops at the x: addresses, hashes and ids such as 0x9f3c are all 0, and one value in a column. A part number of
#            digits, an E and digits is a power of ten. Each field is decided by itself, so that a column has numbers and texts.
# What to do Leave cast off, and convert by column; or pass a function that takes only what its own pattern of decimal numbers matches.
# Source     The output below; __isFloat and __cast in lib/api/index.js of the package; github.com/adaltas/node-csv-parse, issues 148 (2017-09-03) and
#            234 (2019-03-04).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund csv-parse@7.0.3
cat >try.mjs <<'JS'
import { parse } from "csv-parse/sync";

const show = (value) => (typeof value === "string" ? `"${value}"` : String(value));
for (const column of ["0x9f3c,0xbeef,0x1f", "0b101,0o17", "1004601880DF,1004601880E0,1004601880E1", "1e999,12 kg,1_000"]) {
  const [fields] = parse(`${column}\n`, { cast: true });
  console.log(`${column}: ${fields.map(show).join(" ")}`);
}
JS
seen=$(node try.mjs)
expected='0x9f3c,0xbeef,0x1f: 0 0 0
0b101,0o17: 0 0
1004601880DF,1004601880E0,1004601880E1: "1004601880DF" 1004601880 10046018800
1e999,12 kg,1_000: "1e999" "12 kg" "1_000"'
echo "$seen"
if [ "$seen" != "$expected" ]; then
  echo "This has changed; it was:" >&2
  echo "$expected" >&2
  exit 1
fi
