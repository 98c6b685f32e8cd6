#!/bin/bash
# regression makes a line of slope 0.004 a level one with an r2 of 0: it rounds coefficients to 2 places, and goes on with those.
#
# Versions   regression 2.0.1, on Node 24; seen on 2026-11-30
# Guess      precision, if it rounds anything, rounds what is shown, such as the equation's text; predictions and r2 are of the fitted line. The
#            README speaks of significant figures, of which 0.004 has one.
# Behaviour  Coefficients are rounded to 2 decimal places by default, and then the constant, points, predict and r2 are computed from what is left.
#            A slope below 0.005 is 0, of which r2 is 0 although the points are on a line; 0.0149 is 0.01, whose predictions are a third too low
#            far out. So it depends on the units of a column whether anything is found in it.
# What to do Pass { precision: 12 } or so (places, so that it depends on the units too), or divide x by its spread first. Compare r2 with one that is
#            computed from predict().
# Source     The output below; round and linear in src/regression.js of the package; github.com/Tom-Alexander/regression-js, issues 94 (2019-06-19,
#            open) and 60 (2017-07-11).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund regression@2.0.1
cat >try.mjs <<'JS'
import regression from "regression";

for (const [slope, options] of [[0.004, {}], [0.0149, {}], [0.004, { precision: 12 }]]) {
  const points = Array.from({ length: 100 }, (_, x) => [x, 1 + slope * x]);
  const { equation, r2, predict } = regression.linear(points, options);
  const [, far] = predict(1000);
  console.log(`${slope} x + 1, options ${JSON.stringify(options)}: ${equation.join(" x + ")}, r2 ${r2}; at 1000 ${far} for ${1 + slope * 1000}`);
}
JS
seen=$(node try.mjs)
expected='0.004 x + 1, options {}: 0 x + 1.2, r2 0; at 1000 1.2 for 5
0.0149 x + 1, options {}: 0.01 x + 1.24, r2 0.89; at 1000 11.24 for 15.9
0.004 x + 1, options {"precision":12}: 0.004 x + 1, r2 1; at 1000 5 for 5'
echo "$seen"
if [ "$seen" != "$expected" ]; then
  echo "This has changed; it was:" >&2
  echo "$expected" >&2
  exit 1
fi
