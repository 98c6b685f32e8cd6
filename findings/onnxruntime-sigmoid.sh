#!/bin/bash
# onnxruntime's Sigmoid loses the digits of small probabilities: 6e-6 is wrong by 2 %, 1e-7 by half, and what is below 1e-8 is 0.
#
# Versions   onnxruntime-web 1.30.0 (WebAssembly), on Node 24; seen on 2026-11-30
# Guess      Sigmoid of float32 is right to about seven digits, as Exp and Softmax are: 6.14e-6 at -12, and 2.06e-9 at -20.
# Behaviour  It is computed as 0.5 plus an odd function, bounded at -18 and 18: the error is about 1e-7 at every x, which is nothing near 1 and
#            everything near 0. From -18 on the result is 0, whose logarithm is -Infinity. Softmax of [0, x] and 1 / (1 + Exp(-x)) are the
#            same function, and right.
# What to do Write the last activation of a model of rare events as Reciprocal(Add(1, Exp(Neg(x)))), or give out logits. A test with an
#            absolute tolerance of 1e-6 does not see the difference.
# Source     The output below; github.com/microsoft/onnxruntime, issues 22557 (2024-10-23) and 26281 (2025-10-12), of the native builds. ONNX's
#            page on Sigmoid says y = 1 / (1 + exp(-x)), and nothing of accuracy.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund onnxruntime-web@1.30.0
cat >try.mjs <<'JS'
import * as ort from "onnxruntime-web";
ort.env.wasm.numThreads = 1;
ort.env.logLevel = "error";

const LOGITS = [-8, -10, -12, -16, -20];
const ROWS = LOGITS.length;
// What is needed of protobuf: a field of a varint, and one of bytes shorter than 16 kB.
const varint = (value) => (value < 128 ? [value] : [(value & 127) | 128, value >> 7]);
const int = (field, value) => [field << 3, ...varint(value)];
const bytes = (field, content) => [(field << 3) | 2, ...varint(content.length), ...content];
const text = (field, value) => bytes(field, [...Buffer.from(value)]);
const FLOAT = 1;
const value = (name, columns) => {
  const shape = [ROWS, columns].flatMap((length) => bytes(1, int(1, length)));
  return [...text(1, name), ...bytes(2, bytes(1, [...int(1, FLOAT), ...bytes(2, shape)]))];
};
const node = (operator, inputs, output) => [...inputs.flatMap((name) => text(1, name)), ...text(2, output), ...text(4, operator)];
const one = [...int(2, FLOAT), ...text(8, "one"), ...bytes(9, [...new Uint8Array(Float32Array.of(1).buffer)])];

async function run(columns, nodes, initializers = []) {
  const inputs = [...bytes(11, value("x", columns)), ...bytes(12, value("y", columns))];
  const graph = [...nodes.flatMap((each) => bytes(1, each)), ...text(2, "g"), ...initializers.flatMap((each) => bytes(5, each)), ...inputs];
  const model = Uint8Array.from([...int(1, 8), ...bytes(7, graph), ...bytes(8, int(2, 17))]);
  const session = await ort.InferenceSession.create(model);
  const data = Float32Array.from(columns === 1 ? LOGITS : LOGITS.flatMap((x) => [0, x]));
  const { y } = await session.run({ x: new ort.Tensor("float32", data, [ROWS, columns]) });
  return LOGITS.map((_, row) => y.data[row * columns + columns - 1]);
}
const chain = [node("Neg", ["x"], "n"), node("Exp", ["n"], "e"), node("Add", ["e", "one"], "s"), node("Reciprocal", ["s"], "y")];
const results = {
  "in doubles": LOGITS.map((x) => 1 / (1 + Math.exp(-x))),
  Sigmoid: await run(1, [node("Sigmoid", ["x"], "y")]),
  Softmax: await run(2, [node("Softmax", ["x"], "y")]),
  Reciprocal: await run(1, chain, [one]),
};
console.log(`x: ${LOGITS.join(" ")}`);
for (const [name, seen] of Object.entries(results)) console.log(`${name}: ${seen.map((y) => y.toPrecision(4)).join(" ")}`);
JS
seen=$(node try.mjs)
expected='x: -8 -10 -12 -16 -20
in doubles: 0.0003354 0.00004540 0.000006144 1.125e-7 2.061e-9
Sigmoid: 0.0003354 0.00004542 0.000006050 5.960e-8 0.000
Softmax: 0.0003354 0.00004540 0.000006144 1.125e-7 2.061e-9
Reciprocal: 0.0003354 0.00004540 0.000006144 1.125e-7 2.061e-9'
echo "$seen"
if [ "$seen" != "$expected" ]; then
  echo "This has changed; it was:" >&2
  echo "$expected" >&2
  exit 1
fi
