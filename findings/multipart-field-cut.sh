#!/bin/bash
# A text field of a form that is over @fastify/multipart's limit is cut, and passed on as if it were whole.
#
# Versions   @fastify/multipart 10.1.9 with fastify 5.12.8, on Node 24; seen on 2026-11-30
# Guess      A field over limits.fieldSize is refused with 413, as a file over limits.fileSize is, and a field that has no limit of its own
#            in the options is held to bodyLimit.
# Behaviour  The handler is given the first fieldSize bytes, 1 MiB by default whatever bodyLimit is. With attachFieldsToBody "keyValues"
#            nothing says so; otherwise the part's valueTruncated is true. throwFileSizeLimit is of files alone. A list with commas, CSV or
#            plain text is still valid when it is cut.
# What to do Look at part.valueTruncated of every field, and refuse the form; with keyValues, compare a field's length with fieldSize.
# Source     The output below; github.com/fastify/fastify-multipart, issue 584 (2025-08-14, closed without a change). The README has fieldSize
#            as "Max field value size in bytes".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund fastify@5.12.8 @fastify/multipart@10.1.9
cat >try.mjs <<'JS'
import multipart from "@fastify/multipart";
import Fastify from "fastify";

async function send(options, answer, parts) {
  const app = Fastify({ bodyLimit: 4 * 1024 * 1024 });
  await app.register(multipart, options);
  app.post("/", answer);
  const form = new FormData();
  for (const [name, value] of Object.entries(parts)) form.append(name, value);
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  const response = await fetch(url, { method: "POST", body: form });
  const said = response.ok ? await response.text() : (await response.json()).message;
  await app.close();
  return `${response.status} ${said}`;
}
const keyValues = (limits) => ({ attachFieldsToBody: "keyValues", ...(limits && { limits }) });
const length = async ({ body }) => String(body.columns.length);
const columns = "x,".repeat(1024 * 1024);
console.log(`file: ${await send(keyValues({ fileSize: 1000 }), length, { columns: new File([columns], "a.csv") })}`);
console.log(`field: ${await send(keyValues({ fieldSize: 1000 }), length, { columns })}`);
console.log(`field of 2 MiB, no limit, bodyLimit 4 MiB: ${await send(keyValues(), length, { columns })}`);
const parts = async (request) => {
  for await (const { value, valueTruncated } of request.parts()) return `${value.length}, truncated ${valueTruncated}`;
};
console.log(`field, by parts(): ${await send({ limits: { fieldSize: 1000 } }, parts, { columns })}`);
JS
seen=$(node try.mjs)
expected='file: 413 request file too large
field: 200 1000
field of 2 MiB, no limit, bodyLimit 4 MiB: 200 1048576
field, by parts(): 200 1000, truncated true'
echo "$seen"
if [ "$seen" != "$expected" ]; then
  echo "This has changed; it was:" >&2
  echo "$expected" >&2
  exit 1
fi
