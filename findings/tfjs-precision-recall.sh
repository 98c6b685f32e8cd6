#!/bin/bash
# The recall of a model that is right about every row is 0, 0.32 or 1 in TensorFlow.js, by how sure it is and by the size of a batch.
#
# Versions   @tensorflow/tfjs-layers 4.22.0 on @tensorflow/tfjs-backend-cpu 4.22.0, Node 24; seen on 2026-11-30
# Guess      metrics: ["precision", recall] of compile are Keras': an output of 0.99 counts as positive, and what is counted is counted over all
#            rows, so that the size of a batch, which does not change a model, does not change its score.
# Behaviour  Only an output that equals 1 is positive, so that a sigmoid's 0.99 is none and both metrics are 0 while accuracy is 1. Where outputs are
#            rounded to 1, each batch has a recall of its own, 0 where it has no positive row, and the result is their mean: of one positive row in a
#            hundred it is 0.01 with batches of 1, 0.32 with 32 and 1 with 100. evaluate, fit's history and early stopping go by it.
# What to do Take predict() of all rows, compare it with a threshold, and count; tf.math.confusionMatrix takes classes. For early stopping, take the
#            loss.
# Source     The output below; truePositives in dist/metrics.js of the package; github.com/tensorflow/tfjs-layers, pull request 320 (2018-09-10),
#            which brought precision without a threshold. Keras counts over all batches since github.com/keras-team/keras, pull request 9253.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-layers@4.22.0 @tensorflow/tfjs-backend-cpu@4.22.0
cat >try.mjs <<'JS'
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { layers, metrics, sequential } from "@tensorflow/tfjs-layers";

await tf.setBackend("cpu");
const ROWS = 1000;
const labels = tf.tensor2d(Array.from({ length: ROWS }, (_, row) => [row % 100 === 7 ? 1 : 0]));
for (const slope of [10, 80]) {
  const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [1], activation: "sigmoid" })] });
  model.layers[0].setWeights([tf.tensor2d([[slope]]), tf.tensor1d([-slope / 2])]);
  model.compile({ optimizer: "sgd", loss: "binaryCrossentropy", metrics: ["accuracy", "precision", metrics.recall] });
  console.log(`a positive row is answered with ${model.predict(tf.tensor2d([[1]])).dataSync()[0].toFixed(3)}`);
  // What it is to answer is what it is given: it is right about every row.
  for (const batchSize of [1, 32, 100, ROWS]) {
    const scores = model.evaluate(labels, labels, { batchSize }).map((score) => score.dataSync()[0].toFixed(2));
    console.log(`  batches of ${batchSize}: ${model.metricsNames.slice(1).map((name, index) => `${name} ${scores[index + 1]}`).join(", ")}`);
  }
}
JS
seen=$(node try.mjs)
expected='a positive row is answered with 0.993
  batches of 1: acc 1.00, precision 0.00, recall 0.00
  batches of 32: acc 1.00, precision 0.00, recall 0.00
  batches of 100: acc 1.00, precision 0.00, recall 0.00
  batches of 1000: acc 1.00, precision 0.00, recall 0.00
a positive row is answered with 1.000
  batches of 1: acc 1.00, precision 0.01, recall 0.01
  batches of 32: acc 1.00, precision 0.32, recall 0.32
  batches of 100: acc 1.00, precision 1.00, recall 1.00
  batches of 1000: acc 1.00, precision 1.00, recall 1.00'
echo "$seen"
if [ "$seen" != "$expected" ]; then
  echo "This has changed; it was:" >&2
  echo "$expected" >&2
  exit 1
fi
