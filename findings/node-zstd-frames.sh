#!/bin/bash
# Node unpacks the first frame of zstd data, says nothing of the others, and gives nothing where the first is one to be skipped.
#
# Versions   Node 24.21.0; seen on 2026-11-30
# Guess      zstd data is a row of frames (RFC 8878, 3.1), as gzip data is one of members: cat a.zst b.zst unpacks to both, as zstd -d does and as
#            gunzipSync does of cat a.gz b.gz. Trailing bytes that are no frame are an error.
# Behaviour  zstdDecompressSync gives the first frame and no error, whatever follows it. What pzstd writes has a frame to be skipped before
#            each of data, and unpacks to nothing. A stream depends on how its chunks fall: of two frames in one chunk it gives the first, and of
#            two frames in two chunks both.
# What to do Ask for { info: true } and go on at engine.bytesWritten until the input ends, or compare the length with one that is known. Write one
#            frame only: zstd -T0 does.
# Source     The output below; github.com/nodejs/node, issue 64741 (2026-07-25, open), of streams. The documentation of zlib has no word on frames.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >try.mjs <<'JS'
import { once } from "node:events";
import * as zlib from "node:zlib";

const [first, second] = ["first ", "second"].map((text) => zlib.zstdCompressSync(text));
const skipped = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 0]);
const show = (name, bytes) => console.log(`${name}: ${JSON.stringify(String(bytes))}`);
show("gzip, two members", zlib.gunzipSync(Buffer.concat(["first ", "second"].map((text) => zlib.gzipSync(text)))));
show("zstd, two frames", zlib.zstdDecompressSync(Buffer.concat([first, second])));
show("zstd, a frame and other bytes", zlib.zstdDecompressSync(Buffer.concat([first, Buffer.from("other")])));
show("zstd, a frame to be skipped and one of data", zlib.zstdDecompressSync(Buffer.concat([skipped, first])));

async function stream(chunks) {
  const unpacking = zlib.createZstdDecompress();
  const unpacked = [];
  unpacking.on("data", (chunk) => unpacked.push(chunk));
  for (const chunk of chunks) await new Promise((resolve) => unpacking.write(chunk, resolve));
  unpacking.end();
  await once(unpacking, "close");
  return Buffer.concat(unpacked);
}
show("stream, two frames in one chunk", await stream([Buffer.concat([first, second])]));
show("stream, a chunk for each frame", await stream([first, second]));

function every(bytes) {
  const frames = [];
  for (let at = 0; at < bytes.length; ) {
    const { buffer, engine } = zlib.zstdDecompressSync(bytes.subarray(at), { info: true });
    frames.push(buffer);
    at += engine.bytesWritten;
  }
  return Buffer.concat(frames);
}
show("frame by frame", every(Buffer.concat([skipped, first, skipped, second])));
JS
seen=$(node try.mjs)
expected='gzip, two members: "first second"
zstd, two frames: "first "
zstd, a frame and other bytes: "first "
zstd, a frame to be skipped and one of data: ""
stream, two frames in one chunk: "first "
stream, a chunk for each frame: "first second"
frame by frame: "first second"'
echo "$seen"
if [ "$seen" != "$expected" ]; then
  echo "This has changed; it was:" >&2
  echo "$expected" >&2
  exit 1
fi
