#!/bin/bash
# A missing number that a model makes an integer is 0 in onnxruntime-web and -9223372036854775808 in onnxruntime-node.
#
# Versions   onnxruntime-web 1.30.0 (WebAssembly) and onnxruntime-node 1.30.0 (x64), on Node 24; seen on 2026-11-30
# Guess      One library, one version, one model, one answer. NaN that is cast to an integer is perhaps an error, and what lies outside the range is
#            bounded or wraps, but the same way.
# Behaviour  In WebAssembly NaN is 0, and numbers outside int32 and int64 are the nearest that there is. On x64 NaN, both infinities and all that
#            is too large are the least integer, and -1 as uint8 is 255 rather than 0. Where the integer is the index of a category, a missing number
#            is so the first category in the browser, and no category on the server.
# What to do Put Where(IsNaN(x), code, x) and a Clip before a Cast to an integer in every file that is exported, and compare both runtimes on a
#            row with a missing number.
# Source     The output below; ONNX's page on Cast leaves it open (onnx.ai/onnx/operators/onnx__Cast.html). github.com/NVIDIA/TensorRT, issue 4775,
#            has the native result.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
if [ "$(uname -m)" != x86_64 ]; then
  echo "This needs an x64 processor." >&2
  exit 2
fi
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
const TYPES = { float32: 1, uint8: 2, int32: 6, int64: 7 };
const value = (name, type) => [...text(1, name), ...bytes(2, bytes(1, int(1, TYPES[type])))];
function castTo(type) {
  const attribute = [...text(1, "to"), ...int(3, TYPES[type]), ...int(20, 2)];
  const cast = [...text(1, "x"), ...text(2, "y"), ...text(4, "Cast"), ...bytes(5, attribute)];
  const graph = [...bytes(1, cast), ...text(2, "g"), ...bytes(11, value("x", "float32")), ...bytes(12, value("y", type))];
  return Uint8Array.from([...int(1, 8), ...bytes(7, graph), ...bytes(8, int(2, 17))]);
}
for (const [type, numbers] of [["int64", [NaN, Infinity, 1e30, 2.9]], ["int32", [NaN, 3e9, -3e9, 2.9]], ["uint8", [NaN, -1, 300, 2.9]]]) {
  for (const [name, runtime] of [["web ", web], ["node", node]]) {
    const session = await runtime.InferenceSession.create(castTo(type));
    const { y } = await session.run({ x: new runtime.Tensor("float32", Float32Array.from(numbers), [numbers.length]) });
    console.log(`${type} of ${numbers.join(" ")} in ${name}: ${y.data.join(" ")}`);
  }
}
JS
seen=$(node try.mjs)
expected='int64 of NaN Infinity 1e+30 2.9 in web : 0 9223372036854775807 9223372036854775807 2
int64 of NaN Infinity 1e+30 2.9 in node: -9223372036854775808 -9223372036854775808 -9223372036854775808 2
int32 of NaN 3000000000 -3000000000 2.9 in web : 0 2147483647 -2147483648 2
int32 of NaN 3000000000 -3000000000 2.9 in node: -2147483648 -2147483648 -2147483648 2
uint8 of NaN -1 300 2.9 in web : 0 0 44 2
uint8 of NaN -1 300 2.9 in node: 0 255 44 2'
echo "$seen"
if [ "$seen" != "$expected" ]; then
  echo "This has changed; it was:" >&2
  echo "$expected" >&2
  exit 1
fi
