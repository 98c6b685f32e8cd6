#!/bin/bash
# onnxruntime's GroupNormalization of 10001, 10002, 10003 and 10004 is NaN; LayerNormalization and InstanceNormalization of them are right.
#
# Versions   onnxruntime-web 1.30.0 (WebAssembly) and onnxruntime-node 1.30.0, on Node 24; seen on 2026-11-30
# Guess      The three differ in what they group, and are computed alike: subtract the mean, then divide. LayerNormalization's NaN of large values
#            was mended in 2026.
# Behaviour  GroupNormalization has no kernel of its own on the processor: it is expanded by ONNX's function, which takes the variance as the mean
#            of squares less the square of the mean. In float32 nothing is left of that for values with an offset of some thousand times
#            their spread: it is below 0, and the root NaN, or it is 0, and the result is divided by the root of epsilon alone: 35 times too large
#            for steps of 0.1 around 1000.
# What to do Write one group as LayerNormalization, and one channel for each as InstanceNormalization, or subtract the mean in nodes of your own.
#            Scale inputs before the first such layer.
# Source     The output below; the function in onnx/defs/nn/defs.cc of github.com/onnx/onnx, with MeanOfSquare and SquareOfMean;
#            github.com/microsoft/onnxruntime, issues 24538 (2025-04-24), of the missing kernel, and 28463 (2026-05-11), of LayerNormalization.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --ignore-scripts --no-audit --no-fund onnxruntime-web@1.30.0 onnxruntime-node@1.30.0
cat >try.mjs <<'JS'
import node from "onnxruntime-node";
import * as web from "onnxruntime-web";
web.env.wasm.numThreads = 1;
for (const { env } of [web, node]) env.logLevel = "error";

// What is needed of protobuf: a field of a varint, and one of bytes shorter than 16 kB.
const varint = (value) => (value < 128 ? [value] : [(value & 127) | 128, value >> 7]);
const int = (field, value) => [...varint(field << 3), ...varint(value)];
const bytes = (field, content) => [...varint((field << 3) | 2), ...varint(content.length), ...content];
const text = (field, value) => bytes(field, [...Buffer.from(value)]);
const value = (name) => [...text(1, name), ...bytes(2, bytes(1, int(1, 1)))];
const numGroups = bytes(5, [...text(1, "num_groups"), ...int(3, 1), ...int(20, 2)]);
async function normalize(runtime, operator, numbers) {
  const layer = operator === "LayerNormalization";
  const affine = layer ? numbers.length : 1;
  const names = ["x", "scale", "bias"];
  const operation = [...names.flatMap((name) => text(1, name)), ...text(2, "y"), ...text(4, operator)];
  if (operator === "GroupNormalization") operation.push(...numGroups);
  const graph = [...bytes(1, operation), ...text(2, "g"), ...names.flatMap((name) => bytes(11, value(name))), ...bytes(12, value("y"))];
  const model = Uint8Array.from([...int(1, 10), ...bytes(7, graph), ...bytes(8, int(2, 21))]);
  const session = await runtime.InferenceSession.create(model);
  const tensor = (data, dims) => new runtime.Tensor("float32", Float32Array.from(data), dims);
  const { y } = await session.run({
    x: tensor(numbers, layer ? [1, numbers.length] : [1, 1, numbers.length]),
    scale: tensor(Array(affine).fill(1), [affine]),
    bias: tensor(Array(affine).fill(0), [affine]),
  });
  return [...y.data].map((each) => each.toFixed(2)).join(" ");
}
const cases = [[1, 2, 3, 4], [1000.1, 1000.2, 1000.3, 1000.4], [10001, 10002, 10003, 10004]];
for (const numbers of cases) {
  console.log(`${numbers.join(" ")}:`);
  for (const operator of ["LayerNormalization", "InstanceNormalization", "GroupNormalization"])
    console.log(`  ${operator}: web ${await normalize(web, operator, numbers)}, node ${await normalize(node, operator, numbers)}`);
}
JS
seen=$(node try.mjs)
expected='1 2 3 4:
  LayerNormalization: web -1.34 -0.45 0.45 1.34, node -1.34 -0.45 0.45 1.34
  InstanceNormalization: web -1.34 -0.45 0.45 1.34, node -1.34 -0.45 0.45 1.34
  GroupNormalization: web -1.34 -0.45 0.45 1.34, node -1.34 -0.45 0.45 1.34
1000.1 1000.2 1000.3 1000.4:
  LayerNormalization: web -1.34 -0.45 0.45 1.34, node -1.34 -0.45 0.45 1.34
  InstanceNormalization: web -1.34 -0.45 0.45 1.34, node -1.34 -0.45 0.45 1.34
  GroupNormalization: web -47.44 -15.81 15.81 47.44, node -47.44 -15.81 15.81 47.44
10001 10002 10003 10004:
  LayerNormalization: web -1.34 -0.45 0.45 1.34, node -1.34 -0.45 0.45 1.34
  InstanceNormalization: web -1.34 -0.45 0.45 1.34, node -1.34 -0.45 0.45 1.34
  GroupNormalization: web NaN NaN NaN NaN, node NaN NaN NaN NaN'
echo "$seen"
if [ "$seen" != "$expected" ]; then
  echo "This has changed; it was:" >&2
  echo "$expected" >&2
  exit 1
fi
