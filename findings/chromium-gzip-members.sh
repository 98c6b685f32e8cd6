#!/bin/bash
# A body of two gzip members is half a body in Chromium, and a whole one in Node; with zstd's frames it is the other way round.
#
# Versions   Debian 12's chromium 150.0.7871.100 and Node 24.21.0; seen on 2026-11-30. Needs Debian's package chromium.
# Guess      Content-Encoding: gzip is RFC 1952 (RFC 9110, 8.4.1.3), where data is a row of members: what bgzip, cat a.gz b.gz, or a server that packs
#            piece by piece sends is unpacked whole by every client. zstd likewise has a row of frames (RFC 8878, 3.1).
# Behaviour  Of gzip, Chromium gives the first member, status 200, and no error: what follows it is dropped, and so are its checksum and length, even
#            where they are wrong. Node's fetch gives every member, and fails where a checksum is wrong. Of zstd, Chromium gives every frame and
#            Node the first. DecompressionStream("gzip") of both refuses a second member.
# What to do Send one member and one frame. Where files are joined, unpack them first, or send them as application/gzip without Content-Encoding.
# Source     The output below; github.com/curl/curl, issue 22156 (2026-06-25), says of gzip that browsers stop at the first member, and
#            github.com/oven-sh/bun, pull request 33708 (2026-07-07), that they give them all.
set -euo pipefail
chromium=/usr/bin/chromium
if [ ! -x "$chromium" ]; then
  echo "This needs Debian's package chromium." >&2
  exit 2
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >try.mjs <<'JS'
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import * as zlib from "node:zlib";

const pieces = ["first ", "second"];
const wrong = zlib.gzipSync("first ");
wrong[wrong.length - 8] ^= 1;
const bodies = {
  "/two-members": ["gzip", Buffer.concat(pieces.map((text) => zlib.gzipSync(text)))],
  "/wrong-checksum": ["gzip", wrong],
  "/two-frames": ["zstd", Buffer.concat(pieces.map((text) => zlib.zstdCompressSync(text)))],
};
const paths = Object.keys(bodies);
/** What fetch gives of each path, as the text of a page; it runs in both. */
const ask = async (paths, origin) => {
  const said = [];
  for (const path of paths) {
    const text = await fetch(origin + path).then((response) => response.text()).catch(() => null);
    said.push(`${path} ${text === null ? "fails" : JSON.stringify(text)}`);
  }
  return said.join(", ");
};
const page = `<!doctype html><body><script>
  (${ask})(${JSON.stringify(paths)}, "").then((said) => fetch("/said", { method: "POST", body: said }));
</script>`;
const server = createServer((request, response) => {
  if (request.url === "/said") {
    let said = "";
    request.on("data", (chunk) => (said += chunk)).on("end", () => {
      response.end();
      heard(said);
    });
    return;
  }
  const [coding, body] = bodies[request.url] ?? ["identity", Buffer.from(page)];
  const type = request.url in bodies ? "text/plain" : "text/html";
  response.writeHead(200, { "content-type": type, "content-encoding": coding, "content-length": body.length }).end(body);
});
let heard;
const fromBrowser = new Promise((resolve) => (heard = resolve));
server.listen(0, "127.0.0.1", async () => {
  const origin = `http://127.0.0.1:${server.address().port}`;
  console.log(`Node: ${await ask(paths, origin)}`);
  // A port of its tools keeps it from ending by itself.
  const options = ["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0", `--user-data-dir=${process.cwd()}/profile`];
  const browser = spawn(process.argv[2], [...options, `${origin}/`], { stdio: "ignore" });
  console.log(`Chromium: ${await fromBrowser}`);
  browser.once("exit", () => server.close());
  browser.kill();
  server.closeAllConnections();
});
JS
seen=$(timeout 60 node try.mjs "$chromium")
expected='Node: /two-members "first second", /wrong-checksum fails, /two-frames "first "
Chromium: /two-members "first ", /wrong-checksum "first ", /two-frames "first second"'
echo "$seen"
if [ "$seen" != "$expected" ]; then
  echo "This has changed; it was:" >&2
  echo "$expected" >&2
  exit 1
fi
