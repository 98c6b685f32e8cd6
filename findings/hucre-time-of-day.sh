#!/bin/bash
# hucre gives a time of the day in a workbook as a moment of 31 December 1899, a day after the one that other readers count from.
#
# Versions   hucre 1.0.0, on Node 24; seen on 2026-11-30
# Guess      A cell that holds 0.75 and is shown as a time, 18:00, comes as a time, or as a Date of 30 December 1899, which OLE automation
#            (DateTime.FromOADate of .NET, CDate of VBA) and most libraries have for day 0.
# Behaviour  It is a Date of 31 December 1899, and a duration of a day and a half, 36:00, one of 1 January 1900. Day 0 is counted as Excel's
#            own calendar does up to day 59, and a day earlier from day 61 on, so that dates after February 1900 agree with everybody's.
# What to do Take what lies before 29 February 1900 for a time or a duration, and count its days from 31 December 1899: with the usual day 0,
#            18:00 would be a day and three quarters.
# Source     The output below; 18.17.4.1 of ECMA-376, part 1, has the two calendars.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund hucre@1.0.0
cat >try.mjs <<'JS'
import { readXlsx, writeXlsx } from "hucre/xlsx";
const rows = [[0.75, 1.5, 61]];
const columns = [{ numFmt: "hh:mm" }, { numFmt: "[h]:mm" }, { numFmt: "yyyy-mm-dd" }];
const { sheets } = await readXlsx(await writeXlsx({ sheets: [{ name: "S", columns, rows }] }));
for (const cell of sheets[0].rows[0]) console.log(cell.toISOString());
JS
seen=$(node try.mjs)
expected='1899-12-31T18:00:00.000Z
1900-01-01T12:00:00.000Z
1900-03-01T00:00:00.000Z'
echo "$seen"
if [ "$seen" != "$expected" ]; then
  echo "This has changed; it was:" >&2
  echo "$expected" >&2
  exit 1
fi
