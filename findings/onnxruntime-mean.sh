#!/bin/bash
# onnxruntime's mean of a million values of 0.1 is 0.10096: ReduceMean adds up in float32, value by value.
#
# Versions   onnxruntime-web 1.30.0 (WebAssembly) and onnxruntime-node 1.30.0, on Node 24; seen on 2026-11-30
# Guess      The mean of float32 is right to six digits or so, as in NumPy and PyTorch, which add up in pieces: it is a basic operation, and a
#            million values are no many.
# Behaviour  The sum of a column over the rows is one float32 that grows: what is added is rounded to its last digit, and the errors all point one
#            way: the mean of a million values of 0.1 is wrong by 1 %, and of as many from 1000 to 1006 by 7, which is more than their range. A Cast
#            to double before it is right.
# What to do Cast to double before ReduceMean or ReduceSum of an axis that grows with the data (rows, time, pixels), and back after it; or
#            subtract a constant first. A test with 100 rows does not see it.
# Source     The output below; github.com/microsoft/onnxruntime, issue 28450 (2026-05-11), of ReduceSum.
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
const [FLOAT, DOUBLE] = [1, 11];
const value = (name) => [...text(1, name), ...bytes(2, bytes(1, int(1, FLOAT)))];
const attribute = (name, number) => bytes(5, [...text(1, name), ...int(3, number), ...int(20, 2)]);
const axes = bytes(5, [...text(1, "axes"), ...int(8, 0), ...int(20, 7)]);
const operator = (name, input, output, ...rest) => [...text(1, input), ...text(2, output), ...text(4, name), ...rest.flat()];
const plain = [operator("ReduceMean", "x", "y", axes)];
const inDoubles = [
  operator("Cast", "x", "a", attribute("to", DOUBLE)),
  operator("ReduceMean", "a", "b", axes),
  operator("Cast", "b", "y", attribute("to", FLOAT)),
];
async function mean(runtime, operators, data, columns) {
  const graph = [...operators.flatMap((each) => bytes(1, each)), ...text(2, "g"), ...bytes(11, value("x")), ...bytes(12, value("y"))];
  const session = await runtime.InferenceSession.create(Uint8Array.from([...int(1, 8), ...bytes(7, graph), ...bytes(8, int(2, 17))]));
  const { y } = await session.run({ x: new runtime.Tensor("float32", data, [data.length / columns, columns]) });
  return y.data[0].toPrecision(6);
}
const cases = [
  ["10,000 x 0.1", new Float32Array(20_000).fill(0.1)],
  ["1,000,000 x 0.1", new Float32Array(2_000_000).fill(0.1)],
  ["1,000,000 x 1000 to 1006", Float32Array.from({ length: 2_000_000 }, (_, index) => 1000 + (Math.trunc(index / 2) % 7))],
];
for (const [name, data] of cases) {
  const right = await mean(node, inDoubles, data, 2);
  console.log(`${name}: web ${await mean(web, plain, data, 2)}, node ${await mean(node, plain, data, 2)}, in doubles ${right}`);
}
JS
seen=$(node try.mjs)
expected='10,000 x 0.1: web 0.0999903, node 0.0999903, in doubles 0.100000
1,000,000 x 0.1: web 0.100958, node 0.100958, in doubles 0.100000
1,000,000 x 1000 to 1006: web 1010.09, node 1010.09, in doubles 1003.00'
echo "$seen"
if [ "$seen" != "$expected" ]; then
  echo "This has changed; it was:" >&2
  echo "$expected" >&2
  exit 1
fi
