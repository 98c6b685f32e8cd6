#!/bin/bash
# TypeBox's "number or null" is a number in Fastify: null in a body becomes 0; and in "null or number" 0 becomes null.
#
# Versions   fastify 5.12.8 and typebox 1.4.3, on Node 24; seen on 2026-11-30
# Guess      Fastify converts types so that "34" in a query is a number. A schema that admits null as it stands has nothing to convert: null stays
#            null and 0 stays 0, in whichever order the two are written.
# Behaviour  Type.Union([Type.Number(), Type.Null()]) is an anyOf, and each of its branches converts by itself before the next is asked: the first
#            one makes null 0, false or "". The other order makes 0, false and "" null. So a missing age is an age of 0 when it comes to the model,
#            and the answer is 200. `type: ["number", "null"]`, which zod 4 writes for nullable(), converts neither.
# What to do Write the types as one list (Type.Unsafe), or give Fastify ajv: { customOptions: { coerceTypes: false } } and convert what is in queries
#            alone. Test a body with null, 0, false and "".
# Source     The output below; github.com/fastify/fastify, issue 6411 (2025-12-10), of the second order, and pull request 6531 (2026-02-25), which
#            documents it; github.com/ajv-validator/ajv, issue 693 (2018-02-02), of lists of types.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund fastify@5.12.8 typebox@1.4.3
cat >try.mjs <<'JS'
import Fastify from "fastify";
import { Type } from "typebox";

const nothing = Type.Null();
const row = (make) => Type.Object({ age: make(Type.Number()), member: make(Type.Boolean()), city: make(Type.String()) });
async function ask(name, make, options) {
  const app = Fastify(options);
  app.post("/", { schema: { body: row(make) } }, async (request) => JSON.stringify(request.body));
  const answers = [];
  for (const payload of [{ age: null, member: null, city: null }, { age: 0, member: false, city: "" }])
    answers.push((await app.inject({ method: "POST", url: "/", payload })).body);
  console.log(`${name}: ${answers.join(" ")}`);
}
await ask("value or null", (type) => Type.Union([type, nothing]));
await ask("null or value", (type) => Type.Union([nothing, type]));
await ask("a list of types", (type) => Type.Unsafe({ type: [type.type, "null"] }));
await ask("without coercion", (type) => Type.Union([type, nothing]), { ajv: { customOptions: { coerceTypes: false } } });
JS
seen=$(node try.mjs)
expected='value or null: {"age":0,"member":false,"city":""} {"age":0,"member":false,"city":""}
null or value: {"age":null,"member":null,"city":null} {"age":null,"member":null,"city":null}
a list of types: {"age":null,"member":null,"city":null} {"age":0,"member":false,"city":""}
without coercion: {"age":null,"member":null,"city":null} {"age":0,"member":false,"city":""}'
echo "$seen"
if [ "$seen" != "$expected" ]; then
  echo "This has changed; it was:" >&2
  echo "$expected" >&2
  exit 1
fi
