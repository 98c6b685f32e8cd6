#!/bin/bash
# npm install --omit=dev NAME installs nothing, and says that it has, where NAME is a devDependency too.
#
# Versions   npm 11.19.1, on Node 24; seen on 2026-11-29
# Guess      A package that is named on the command line is installed. A library that has an optional peer dependency, and the same package as
#            a devDependency for its tests, can tell its users to add it with `npm install --omit=dev --no-save NAME`.
# Behaviour  The named package belongs to the group that is left out, so npm leaves it out: "up to date", exit code 0, and no file.
#            Without --omit=dev it is there. With --save-prod too, but then npm takes it out of devDependencies and peerDependencies.
# What to do Tell users of a clone to run `npm install` whole, and check for the package itself, not for npm's exit code.
# Source     The output below.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir tool app
(cd tool && npm init -y >/dev/null && npm install --silent --no-audit --no-fund npm@11.19.1 >/dev/null)
cd app
cat >package.json <<'JSON'
{
  "name": "app",
  "version": "1.0.0",
  "private": true,
  "devDependencies": { "ms": "2.1.3" },
  "peerDependencies": { "ms": "2.1.3" },
  "peerDependenciesMeta": { "ms": { "optional": true } }
}
JSON
npm=../tool/node_modules/.bin/npm
there() { if [ -d node_modules/ms ]; then echo installed; else echo missing; fi; }
seen=$(
  "$npm" install --omit=dev --no-save --no-audit --no-fund --silent ms@2.1.3 && echo "with --omit=dev: exit code 0, $(there)"
  "$npm" install --no-save --no-audit --no-fund --silent ms@2.1.3 && echo "without: exit code 0, $(there)"
)
expected='with --omit=dev: exit code 0, missing
without: exit code 0, installed'
echo "$seen"
if [ "$seen" != "$expected" ]; then
  echo "This has changed; it was:" >&2
  echo "$expected" >&2
  exit 1
fi
