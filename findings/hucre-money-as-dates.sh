#!/bin/bash
# hucre takes numbers for dates where their format has a sign of money such as [$S/-280A].
#
# Versions   hucre 1.0.0, on Node 24; seen on 2026-11-30
# Guess      A number whose format is [$S/-280A] #,##0.00, soles of Peru as Excel writes them, is a number.
# Behaviour  It is a Date: what stands in [$...] is left out of a format only where it has letters, digits, $ and - alone. With any other
#            character, a slash, a point or a space, it stays, and its S, D, H or Y is taken for seconds, days, hours or years.
# What to do Take [$...] out of the formats in xl/styles.xml before hucre reads the workbook.
# Source     The output below; 18.8.31 of ECMA-376, part 1, has the symbol and the locale of a currency in [$...].
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund hucre@1.0.0
cat >try.mjs <<'JS'
import { readXlsx, writeXlsx } from "hucre/xlsx";
const columns = ["[$S/-280A] #,##0.00", "[$USD -409]#,##0.00", "[$USD]#,##0.00", "[$€-407] #,##0.00"].map((numFmt) => ({ numFmt }));
const { sheets } = await readXlsx(await writeXlsx({ sheets: [{ name: "S", columns, rows: [[1234.5, 1234.5, 1234.5, 1234.5]] }] }));
console.log(sheets[0].rows[0].map((cell) => (cell instanceof Date ? "date" : cell)).join(" "));
JS
seen=$(node try.mjs)
expected='date date 1234.5 1234.5'
echo "$seen"
if [ "$seen" != "$expected" ]; then
  echo "This has changed; it was:" >&2
  echo "$expected" >&2
  exit 1
fi
