#!/bin/bash
# Since its release 4.5.0, zod's string lengths are no longer those of JavaScript: max(255) takes texts whose length is 510.
#
# Versions   zod 4.4.3 and 4.6.7, on Node 24; seen on 2026-11-30
# Guess      z.string().max(n) is value.length <= n, as in zod 3 and up to 4.4, so that it bounds what is stored: 3 n bytes of UTF-8, 6 n bytes of
#            escaped JSON. A minor release changes nothing of what is valid.
# Behaviour  min, max and length count code points: n of them have up to 2 n UTF-16 units, 4 n bytes of UTF-8, and 12 n bytes of escaped JSON. What is
#            taken grows (max) and shrinks (min). Before, the maxLength that z.toJSONSchema wrote was laxer than zod: JSON Schema counts code points.
#            A column of n UTF-16 units (SQL Server's nvarchar), value.slice(0, n) and an input's maxlength count otherwise now.
# What to do Reckon limits of bytes with four for each character, and check value.length by refine where units are what is bounded.
# Source     The output below; github.com/colinhacks/zod, pull request 6441 (2026-08-19). The documentation of strings names no unit.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund before@npm:zod@4.4.3 after@npm:zod@4.6.7 ajv@8.20.0
cat >try.mjs <<'JS'
import { Ajv2020 } from "ajv/dist/2020.js";

const cases = [["max(2)", "😀😀"], ["min(3)", "😀😀"], ["length(2)", "😀"]];
for (const version of ["before", "after"]) {
  const z = await import(version);
  const { major, minor, patch } = z.core.version;
  const said = cases.map(([check, text]) => {
    const [, name, bound] = /(\w+)\((\d)\)/.exec(check);
    const schema = z.string()[name](Number(bound));
    const byZod = schema.safeParse(text).success;
    const bySchema = new Ajv2020().compile(z.toJSONSchema(schema))(text);
    return `${check} of ${text} ${byZod}${byZod === bySchema ? "" : `, by its JSON Schema ${bySchema}`}`;
  });
  console.log(`${major}.${minor}.${patch}: ${said.join("; ")}`);
}
const { string } = await import("after");
const text = string().max(255).parse("😀".repeat(255));
console.log(`max(255) takes ${text.length} UTF-16 units, ${Buffer.byteLength(text)} bytes`);
JS
seen=$(node try.mjs)
expected='4.4.3: max(2) of 😀😀 false, by its JSON Schema true; min(3) of 😀😀 true, by its JSON Schema false; length(2) of 😀 true, by its JSON Schema false
4.6.7: max(2) of 😀😀 true; min(3) of 😀😀 false; length(2) of 😀 false
max(255) takes 510 UTF-16 units, 1020 bytes'
echo "$seen"
if [ "$seen" != "$expected" ]; then
  echo "This has changed; it was:" >&2
  echo "$expected" >&2
  exit 1
fi
