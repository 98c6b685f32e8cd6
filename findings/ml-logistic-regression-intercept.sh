#!/bin/bash
# ml-logistic-regression has no intercept: of ages from 20 to 79 it says that all are 50 and over, or none are 70 and over.
#
# Versions   ml-logistic-regression 2.0.0, ml-matrix 6.15.1, on Node 24; seen on 2026-11-30
# Guess      Logistic regression fits an intercept, as in scikit-learn and R; one threshold in one column is the least that it can learn.
# Behaviour  There is a weight for each column and nothing else, and no option: the border goes through the origin. Columns of positive numbers get
#            one answer for every row; columns of mean 0 get a border at the mean, whatever the share of the classes, so that standardising, which
#            helps elsewhere, hides it where both classes are as frequent. Nothing is said of it in the README.
# What to do Append a column of ones to the rows of training and of predictions (and standardise the others), or take another library.
# Source     The output below; src/logreg_2classes.js of the package, whose example in the README separates its classes through the origin.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund ml-logistic-regression@2.0.0 ml-matrix@6.15.1
cat >try.mjs <<'JS'
import { Matrix } from "ml-matrix";
import LogisticRegression from "ml-logistic-regression";

const ROWS = 60;
const ages = Array.from({ length: ROWS }, (_, index) => 20 + index);
const mean = ages.reduce((total, age) => total + age, 0) / ROWS;
const scaled = ages.map((age) => (age - mean) / 17);
for (const over of [50, 70]) {
  const labels = ages.map((age) => (age >= over ? 1 : 0));
  const most = Math.max(...[0, 1].map((label) => labels.filter((other) => other === label).length));
  console.log(`${over} and over: always the more frequent class ${(most / ROWS).toFixed(2)}`);
  for (const [name, rows] of [
    ["as they are", ages.map((age) => [age])],
    ["standardised", scaled.map((age) => [age])],
    ["standardised, and a column of ones", scaled.map((age) => [age, 1])],
  ]) {
    const model = new LogisticRegression({ numSteps: 5000, learningRate: 5e-3 });
    model.train(new Matrix(rows), Matrix.columnVector(labels));
    const answers = model.predict(new Matrix(rows));
    const right = answers.filter((answer, row) => answer === labels[row]).length / ROWS;
    console.log(`  ${name}: accuracy ${right.toFixed(2)}, ${answers.filter((answer) => answer === 1).length} of ${ROWS} are`);
  }
}
JS
seen=$(node try.mjs)
expected='50 and over: always the more frequent class 0.50
  as they are: accuracy 0.50, 60 of 60 are
  standardised: accuracy 1.00, 30 of 60 are
  standardised, and a column of ones: accuracy 1.00, 30 of 60 are
70 and over: always the more frequent class 0.83
  as they are: accuracy 0.83, 0 of 60 are
  standardised: accuracy 0.67, 30 of 60 are
  standardised, and a column of ones: accuracy 1.00, 10 of 60 are'
echo "$seen"
if [ "$seen" != "$expected" ]; then
  echo "This has changed; it was:" >&2
  echo "$expected" >&2
  exit 1
fi
