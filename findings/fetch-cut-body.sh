#!/bin/bash
# fetch gives the beginning of a compressed body that is cut off as if it were the whole, and accepts it without its checksum.
#
# Versions   Node 24.21.0 (undici 7.29.1); seen on 2026-11-30
# Guess      A body in gzip that ends too early fails, as gunzipSync does: the format has a length and a checksum at its end for that.
# Behaviour  Where HTTP itself is whole (the file was cut before it was stored, or a proxy ended the body cleanly), text() resolves with what the
#            bytes until there give, with status 200. So with deflate and br; a wrong checksum in gzip and a cut body in zstd are errors. undici
#            flushes at the end instead of finishing, on purpose: browsers do the same.
# What to do For a table, whose beginning is a table too, ask for accept-encoding: identity, or take the compressed bytes with node:http and unpack them
#            with createGunzip, which fails. Otherwise compare a count or a hash that the data carries.
# Source     The output below; github.com/nodejs/undici, issue 2123 and pull request 2126 (2023-05-15). The documentation of fetch has no word on it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >try.mjs <<'JS'
import { createServer } from "node:http";
import * as zlib from "node:zlib";

const table = Array.from({ length: 1000 }, (_, row) => `${row},${(row * 7919) % 1009}\n`).join("");
const codings = {
  gzip: [zlib.gzipSync, zlib.gunzipSync],
  deflate: [zlib.deflateSync, zlib.inflateSync],
  br: [zlib.brotliCompressSync, zlib.brotliDecompressSync],
  zstd: [zlib.zstdCompressSync, zlib.zstdDecompressSync],
};
async function receive(coding, body) {
  const headers = { "content-encoding": coding, "content-length": body.length };
  const server = createServer((_, response) => response.writeHead(200, headers).end(body)).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  try {
    const response = await fetch(`http://127.0.0.1:${server.address().port}`);
    const text = await response.text();
    return text === table ? "whole" : `${response.status}, ${table.startsWith(text) && text.length > 0 ? "its beginning" : "other text"}`;
  } catch (error) {
    return error.cause.code;
  } finally {
    server.close();
    server.closeAllConnections();
  }
}
for (const [coding, [pack, unpack]] of Object.entries(codings)) {
  const packed = pack(table);
  const half = packed.subarray(0, packed.length / 2);
  let zlibSays = "accepts it";
  try {
    unpack(half);
  } catch ({ code }) {
    zlibSays = code;
  }
  console.log(`half of ${coding}: fetch ${await receive(coding, half)}; zlib ${zlibSays}`);
}
console.log(`gzip without its checksum and length: fetch ${await receive("gzip", zlib.gzipSync(table).subarray(0, -8))}`);
JS
seen=$(node try.mjs)
expected='half of gzip: fetch 200, its beginning; zlib Z_BUF_ERROR
half of deflate: fetch 200, its beginning; zlib Z_BUF_ERROR
half of br: fetch 200, its beginning; zlib Z_BUF_ERROR
half of zstd: fetch Z_BUF_ERROR; zlib Z_BUF_ERROR
gzip without its checksum and length: fetch whole'
echo "$seen"
if [ "$seen" != "$expected" ]; then
  echo "This has changed; it was:" >&2
  echo "$expected" >&2
  exit 1
fi
