#!/bin/bash
# What a parser of an option's value returns as null or undefined becomes an empty text, or true.
#
# Versions   commander 15.1.0, on Node 24; seen on 2026-11-28
# Guess      A parser of a value may return anything, and `--patience off` whose parser returns null gives an option that is null.
# Behaviour  After the parser has run, a result of null or undefined is taken for "no value was given": it becomes "" where the value is
#            required, and true where it is optional. Other falsy results (0, false, "") stay. No error, no warning.
# What to do Let a parser return a value of its own for "none" (0, a symbol, an object), and turn it into null behind the parser.
# Source     The output below, and `handleOptionValue` in lib/command.js of the package.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund commander@15.1.0 >/dev/null
cat >try.mjs <<'JS'
import { Command } from "commander";

const results = { null: null, undefined: undefined, zero: 0, false: false };
for (const [name, result] of Object.entries(results)) {
  const program = new Command()
    .option("--required <value>", "a value", () => result)
    .option("--optional [value]", "a value or none", () => result);
  program.parse(["--required", "off", "--optional", "off"], { from: "user" });
  const { required, optional } = program.opts();
  console.log(`${name}: required ${JSON.stringify(required)}, optional ${JSON.stringify(optional)}`);
}
JS
seen=$(node try.mjs)
expected='null: required "", optional true
undefined: required "", optional true
zero: required 0, optional 0
false: required false, optional false'
echo "$seen"
if [ "$seen" != "$expected" ]; then
  echo "This has changed; it was:" >&2
  echo "$expected" >&2
  exit 1
fi
