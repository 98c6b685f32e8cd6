#!/bin/bash
# A generator of clients whose range of TypeScript admits version 7 cannot start with it.
#
# Versions   @hey-api/openapi-ts 0.99.0 and typescript 7.0.2, on Node 24; seen on 2026-11-29
# Guess      Its peer dependency is "typescript >=5.5.3 || >=6.0.0", npm installs the newest by itself without a warning, so it runs.
# Behaviour  The generator builds its output with the compiler's JavaScript API (`ts.SyntaxKind`, factories). The package of TypeScript 7 is the
#            native compiler, and its main entry has no such API: the command ends with a TypeError before it reads the document.
# What to do Install typescript 5.9 (or 6) beside the generator, in a folder of its own where the project itself compiles with 7.
# Source     The output below; peerDependencies of the package.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
cat >openapi.json <<'JSON'
{
  "openapi": "3.1.0",
  "info": { "title": "One path", "version": "1" },
  "paths": { "/ping": { "get": { "operationId": "ping", "responses": { "204": { "description": "It is there." } } } } }
}
JSON
try() {
  npm install --silent --no-audit --no-fund @hey-api/openapi-ts@0.99.0 "typescript@$1" >/dev/null
  if npx --no-install openapi-ts -i openapi.json -o "client-$1" >"log-$1" 2>&1; then
    echo "typescript $1: $(test -f "client-$1/sdk.gen.ts" && echo generated)"
  else
    echo "typescript $1: $(grep -o -m1 'TypeError: .*' "log-$1")"
  fi
}
seen=$(
  try 7.0.2
  try 5.9.3
)
expected="typescript 7.0.2: TypeError: Cannot read properties of undefined (reading 'AnyKeyword')
typescript 5.9.3: generated"
echo "$seen"
if [ "$seen" != "$expected" ]; then
  echo "This has changed; it was:" >&2
  echo "$expected" >&2
  exit 1
fi
