#!/bin/bash
# A view of ten numbers takes its whole buffer along to another thread; to another process it goes alone.
#
# Versions   Node 24.21.0; seen on 2026-11-30
# Guess      postMessage(big.subarray(0, 10)) copies ten numbers, as writing them to a socket or a file would, and a small Buffer is small.
# Behaviour  The whole ArrayBuffer is cloned, and stays with the receiver as long as the view does: 4 MB for ten floats of a million, and 64 KiB, the
#            pool with whatever else is in it, for Buffer.from("hello"). So with workerData, structuredClone and BroadcastChannel. Two views of one
#            buffer take it along once. v8.serialize, and so process.send with serialization "advanced", takes the ten numbers alone. In the
#            transfer list such a buffer goes whole too, and the pool's is refused with DataCloneError.
# What to do Send view.slice() (of a Buffer: Uint8Array.from), or buffers that are their own. Look at byteLength against buffer.byteLength.
# Source     The output below; StructuredSerializeInternal of the HTML standard has a view as its buffer, offset and length. Node's
#            "Considerations when transferring TypedArrays and Buffers" speaks of transferring, and not of copying.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >child.mjs <<'JS'
process.on("message", (view) => {
  process.send(view.length * view.BYTES_PER_ELEMENT);
  process.disconnect();
});
JS
cat >try.mjs <<'JS'
import { fork } from "node:child_process";
import { once } from "node:events";
import { serialize } from "node:v8";
import { MessageChannel, receiveMessageOnPort } from "node:worker_threads";

function send(message, transferred = []) {
  const { port1, port2 } = new MessageChannel();
  try {
    port1.postMessage(message, transferred);
    return receiveMessageOnPort(port2).message;
  } finally {
    port1.close();
  }
}
const arrives = (view) => `${view.length * view.BYTES_PER_ELEMENT} bytes in a buffer of ${view.buffer.byteLength}`;
const floats = new Float32Array(1_000_000);
const ten = floats.subarray(0, 10);
console.log(`ten floats of a million: ${arrives(send(ten))}`);
console.log(`their slice: ${arrives(send(ten.slice()))}`);
const [first, second] = send([ten, floats.subarray(10, 20)]);
console.log(`two views: ${first.buffer === second.buffer ? "one buffer" : "two buffers"} of ${first.buffer.byteLength}`);
const hello = Buffer.from("hello");
console.log(`Buffer.from("hello"): ${arrives(send(hello))}`);
try {
  send(hello, [hello.buffer]);
} catch ({ name }) {
  console.log(`the same, transferred: ${name}`);
}
console.log(`v8.serialize of ten floats: ${serialize(ten).length < 100 ? "less than 100 bytes" : "more"}`);
const child = fork("child.mjs", { serialization: "advanced" });
child.send(ten);
const [bytes] = await once(child, "message");
console.log(`to a process: ${bytes} bytes`);
JS
seen=$(node try.mjs)
expected='ten floats of a million: 40 bytes in a buffer of 4000000
their slice: 40 bytes in a buffer of 40
two views: one buffer of 4000000
Buffer.from("hello"): 5 bytes in a buffer of 65536
the same, transferred: DataCloneError
v8.serialize of ten floats: less than 100 bytes
to a process: 40 bytes'
echo "$seen"
if [ "$seen" != "$expected" ]; then
  echo "This has changed; it was:" >&2
  echo "$expected" >&2
  exit 1
fi
