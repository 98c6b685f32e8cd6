#!/bin/bash
# A DataFrame that NumPy saves is read by npyjs with its columns as rows: the shape is right, and the values are in another order.
#
# Versions   npyjs 1.2.0, on Node 24, of files by Debian 12's python3-numpy 1.24.2 and python3-pandas 1.5.3; seen on 2026-11-30
# Guess      data and shape are all that there is to an array: row by row, which the README calls NumPy's default, and as it hands the two to ndarray.
# Behaviour  NumPy saves memory as it lies. to_numpy() of a DataFrame of one type is a view of its columns, as X.T is of rows, and goes into the file
#            column by column, with fortran_order in the header. npyjs gives data as it lies, with fortranOrder beside it; its reshape takes that as a
#            third argument, false if left out. A model then gets the ages of the first two people as the age and weight of one.
# What to do np.save(path, np.ascontiguousarray(x)) on one side; reshape(data, shape, fortranOrder) on the other, or an error where it is true.
#            Compare a row of a table that has other numbers in each column.
# Source     The output below; the README of npyjs 1.2.0; numpy.org/doc/stable/reference/generated/numpy.lib.format.html, for fortran_order.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python=/usr/bin/python3
if ! "$python" -c 'import pandas' 2>/dev/null; then
  echo "This needs Debian's package python3-pandas." >&2
  exit 2
fi
"$python" -W ignore - <<'PY'
import numpy as np
import pandas as pd

table = pd.DataFrame({"age": [34.0, 51.0, 28.0], "weight": [61.0, 84.0, 73.0]})
np.save("table.npy", table.to_numpy())
np.save("copied.npy", np.ascontiguousarray(table.to_numpy()))
np.save("of-one-row.npy", table.to_numpy()[:1])
PY
npm init -y >/dev/null
npm install --silent --no-audit --no-fund npyjs@1.2.0
cat >try.mjs <<'JS'
import { readFileSync } from "node:fs";
import { parse } from "npyjs";
import { reshape } from "npyjs/reshape";

for (const name of ["table", "copied", "of-one-row"]) {
  const { data, shape, fortranOrder } = parse(new Uint8Array(readFileSync(`${name}.npy`)).buffer);
  const said = [reshape(data, shape), reshape(data, shape, fortranOrder)].map((rows) => JSON.stringify(rows));
  console.log(`${name}, ${shape.join(" x ")}, fortranOrder ${fortranOrder}: by data and shape ${said[0]}, with the order ${said[1]}`);
}
JS
seen=$(node try.mjs)
expected='table, 3 x 2, fortranOrder true: by data and shape [[34,51],[28,61],[84,73]], with the order [[34,61],[51,84],[28,73]]
copied, 3 x 2, fortranOrder false: by data and shape [[34,61],[51,84],[28,73]], with the order [[34,61],[51,84],[28,73]]
of-one-row, 1 x 2, fortranOrder false: by data and shape [[34,61]], with the order [[34,61]]'
echo "$seen"
if [ "$seen" != "$expected" ]; then
  echo "This has changed; it was:" >&2
  echo "$expected" >&2
  exit 1
fi
