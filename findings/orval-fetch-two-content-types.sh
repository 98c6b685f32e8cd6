#!/bin/bash
# The fetch client that orval generates names no content type where an operation takes two, and sends text as JSON.
#
# Versions   orval 8.38.0, on Node 24; seen on 2026-11-30
# Guess      An operation that takes rows as JSON or as CSV gets a function that takes either, and sends each as what it is.
# Behaviour  The function takes either. It has no Content-Type, so that fetch sends text/plain for both, and writes both with
#            JSON.stringify: CSV arrives in quotes, with \n as two characters. With one content type in the document, JSON is named as JSON.
#            The default client (axios) passes the value on and lets axios name it, which is right for the rows in JSON.
# What to do Describe a second format as an operation of its own, or tell users of orval to set the header in `options` and to send other
#            formats than JSON with fetch itself. A server that takes JSON from text/plain would hide the first half and not the second.
# Source     The output below.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm pkg set type=module
npm install --silent --no-audit --no-fund orval@8.38.0
cat >two.yaml <<'YAML'
openapi: 3.1.0
info: { title: Rows, version: "1" }
paths:
  /rows:
    post:
      operationId: addRows
      requestBody:
        required: true
        content:
          application/json: { schema: { type: array, items: { type: number } } }
          text/csv: { schema: { type: string } }
      responses: { "204": { description: Added. } }
YAML
grep -v text/csv two.yaml >one.yaml
for document in one two; do
  npx orval --input "./$document.yaml" --output "./$document.ts" --client fetch >/dev/null
done
cat >try.mts <<'JS'
import { createServer } from "node:http";
const server = createServer(async (request, response) => {
  const body = (await request.toArray()).join("");
  console.log(`${request.headers["content-type"]}: ${body}`);
  response.writeHead(204).end();
}).listen(0, "127.0.0.1");
await new Promise((resolve) => server.once("listening", resolve));
const { port } = server.address() as { port: number };
const asked = globalThis.fetch;
globalThis.fetch = (path, options) => asked(`http://127.0.0.1:${port}${path}`, options);
const one = await import("./one.ts");
const two = await import("./two.ts");
await one.addRows([1, 2]);
await two.addRows([1, 2]);
await two.addRows("x,y\n1,2\n");
server.close();
server.closeAllConnections();
JS
seen=$(node try.mts)
expected='application/json: [1,2]
text/plain;charset=UTF-8: [1,2]
text/plain;charset=UTF-8: "x,y\n1,2\n"'
echo "$seen"
if [ "$seen" != "$expected" ]; then
  echo "This has changed; it was:" >&2
  echo "$expected" >&2
  exit 1
fi
