#!/bin/bash
# onnxruntime writes numbers as texts of 8 digits, doubles too, and reads the front of a text as the number: "5 kg" is 5.
#
# Versions   onnxruntime-web 1.30.0 (WebAssembly) and onnxruntime-node 1.30.0, on Node 24; seen on 2026-11-30
# Guess      Cast gives the shortest text that reads back as the number (123456789, 20241130.5), as languages do, and an error for a text that is
#            no number.
# Behaviour  From 100 million on a number is "1.2345679e+08" whether it is a float or a double, so that ids that differ in their last digits
#            become one text, and none that a table of categories knows. Integers are written in full. Texts are read as far as they go: "1,5" is
#            1, "5 kg" is 5, and only one that does not begin as a number is an error.
# What to do Feed the columns of a model whose values are looked up as texts as texts or int64, and convert in your own code. Cast doubles that
#            are whole to int64 before Cast to string.
# Source     The output below; github.com/microsoft/onnxruntime, pull request 1210 (2019-06-12), for 8 digits. ONNX's page on Cast says that plain
#            representation (such as "314.15926") is written, and that reading what is no number is undefined.
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
for (const { env } of [web, node]) env.logLevel = "fatal";

// What is needed of protobuf: a field of a varint, and one of bytes shorter than 16 kB.
const varint = (value) => (value < 128 ? [value] : [(value & 127) | 128, value >> 7]);
const int = (field, value) => [...varint(field << 3), ...varint(value)];
const bytes = (field, content) => [...varint((field << 3) | 2), ...varint(content.length), ...content];
const text = (field, value) => bytes(field, [...Buffer.from(value)]);
const TYPES = { float32: 1, int64: 7, string: 8, float64: 11 };
const value = (name, type) => [...text(1, name), ...bytes(2, bytes(1, int(1, TYPES[type])))];
function castTo(type, from) {
  const attribute = [...text(1, "to"), ...int(3, TYPES[type]), ...int(20, 2)];
  const cast = [...text(1, "x"), ...text(2, "y"), ...text(4, "Cast"), ...bytes(5, attribute)];
  const graph = [...bytes(1, cast), ...text(2, "g"), ...bytes(11, value("x", from)), ...bytes(12, value("y", type))];
  return Uint8Array.from([...int(1, 8), ...bytes(7, graph), ...bytes(8, int(2, 17))]);
}
async function cast(runtime, type, from, data) {
  const session = await runtime.InferenceSession.create(castTo(type, from), { logSeverityLevel: 4 });
  try {
    const { y } = await session.run({ x: new runtime.Tensor(from, data, [data.length]) });
    return [...y.data].map((each) => JSON.stringify(each)).join(" ");
  } catch {
    return "an error";
  }
}
for (const [name, runtime] of [["web", web], ["node", node]]) {
  console.log(`${name}, double to text: ${await cast(runtime, "string", "float64", Float64Array.of(12345678, 123456789, 123456790, 20241130.5))}`);
  console.log(`${name}, int64 to text: ${await cast(runtime, "string", "int64", BigInt64Array.of(123456789n, 123456790n))}`);
  console.log(`${name}, text to float: ${await cast(runtime, "float32", "string", ["1,5", "5 kg", "0x10"])}`);
  console.log(`${name}, kg 5 to float: ${await cast(runtime, "float32", "string", ["kg 5"])}`);
}
JS
seen=$(node try.mjs 2>/dev/null)
expected='web, double to text: "12345678" "1.2345679e+08" "1.2345679e+08" "20241130"
web, int64 to text: "123456789" "123456790"
web, text to float: 1 5 16
web, kg 5 to float: an error
node, double to text: "12345678" "1.2345679e+08" "1.2345679e+08" "20241130"
node, int64 to text: "123456789" "123456790"
node, text to float: 1 5 16
node, kg 5 to float: an error'
echo "$seen"
if [ "$seen" != "$expected" ]; then
  echo "This has changed; it was:" >&2
  echo "$expected" >&2
  exit 1
fi
