#!/bin/bash
# The r2 of ml-regression is 1 for a model that is wrong by 100 everywhere, and for one that points the wrong way.
#
# Versions   ml-regression-simple-linear 3.0.1 (ml-regression-base 4.0.1), on Node 24; seen on 2026-11-30
# Guess      score(x, y) on new rows gives r2 as scikit-learn's score does: one less the share of squared errors in the variance, below zero for a
#            model that is worse than the mean.
# Behaviour  r2 is the square of the correlation between predictions and values, of every regression that extends the base class. On the rows of a
#            least squares fit both are the same, so that nothing shows in training. On new rows a shift, a wrong scale and a wrong sign are not
#            seen; it is never below zero. rmsd, beside it, does see them.
# What to do Compute 1 - sum((y - p)^2) / sum((y - mean)^2) from predict(), or go by rmsd. Do not compare r2 between libraries without its formula.
# Source     The output below; score in src/BaseRegression.ts of ml-regression-base, whose README does not describe it; scikit-learn's documentation
#            of r2_score, for the other definition.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund ml-regression-simple-linear@3.0.1 ml-regression-base@4.0.1
cat >try.mjs <<'JS'
import { SimpleLinearRegression } from "ml-regression-simple-linear";

const sum = (values) => values.reduce((total, value) => total + value, 0);
function determination(values, predictions) {
  const mean = sum(values) / values.length;
  return 1 - sum(values.map((value, row) => (value - predictions[row]) ** 2)) / sum(values.map((value) => (value - mean) ** 2));
}
const x = [0, 1, 2, 3, 4];
const model = new SimpleLinearRegression(x, [0.2, 0.9, 2.1, 2.8, 4]);
for (const [rows, y] of [
  ["the training rows", [0.2, 0.9, 2.1, 2.8, 4]],
  ["new rows, 100 higher", [100.2, 100.9, 102.1, 102.8, 104]],
  ["new rows, in thousandths", [200, 900, 2100, 2800, 4000]],
  ["new rows that fall", [4, 2.8, 2.1, 0.9, 0.2]],
]) {
  const { r2, rmsd } = model.score(x, y);
  console.log(`${rows}: r2 ${r2.toFixed(3)}, rmsd ${rmsd.toFixed(1)}; by its definition ${determination(y, model.predict(x)).toFixed(3)}`);
}
JS
seen=$(node try.mjs)
expected='the training rows: r2 0.992, rmsd 0.1; by its definition 0.992
new rows, 100 higher: r2 0.992, rmsd 100.0; by its definition -5493.514
new rows, in thousandths: r2 0.992, rmsd 2410.1; by its definition -2.191
new rows that fall: r2 0.992, rmsd 2.7; by its definition -2.975'
echo "$seen"
if [ "$seen" != "$expected" ]; then
  echo "This has changed; it was:" >&2
  echo "$expected" >&2
  exit 1
fi
