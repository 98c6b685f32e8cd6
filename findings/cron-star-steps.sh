#!/bin/bash
# "0 0 */2 * 1" is Mondays of odd days in cron, and all Mondays and all odd days in cron-parser and croner.
#
# Versions   cron-parser 5.10.6 and croner 11.0.1, on Node 24; seen on 2026-11-30
# Guess      A line of a crontab means the same in a library that says it reads cron's expressions: a field that begins with a star does not restrict
#            the day, and the other has to match too.
# Behaviour  cron asks whether the field begins with "*", and then both fields must match; the libraries ask whether it is "*" alone, and */2 is a
#            restriction for them, so that one match is enough: 18 days in January instead of 2. croner's domAndDow makes every expression
#            "and", so that it is no cure for 0 0 13 * 5, which is "or" for cron too.
# What to do Show the next times when a schedule is saved. Write 1-31/2 where "or" is meant, and check the weekday in the job where "and" is.
# Source     The output below; DOM_STAR in entry.c of github.com/vixie/cron; github.com/QwenLM/qwen-code, issue 7452 (2026-07-21), of the same. POSIX
#            has no steps, and so decides nothing: github.com/harrisiirak/cron-parser, issue 173 (2019-10-02).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund cron-parser@5.10.6 croner@11.0.1
cat >try.mjs <<'JS'
import { CronExpressionParser } from "cron-parser";
import { Cron } from "croner";

const [first, last] = ["2025-12-31T23:59:00Z", "2026-02-01T00:00:00Z"].map((text) => new Date(text));
function days(next) {
  const found = [];
  for (let date = next(); date < last; date = next()) found.push(date.getUTCDate());
  return `${found.length}: ${found.join(" ")}`;
}
for (const expression of ["0 0 */2 * 1", "0 0 */2 * *", "0 0 * * 1"]) {
  const parsed = CronExpressionParser.parse(expression, { currentDate: first, tz: "UTC" });
  console.log(`${expression} in cron-parser, ${days(() => parsed.next().toDate())}`);
  let at = first;
  const cron = new Cron(expression, { timezone: "UTC" });
  console.log(`${expression} in croner, ${days(() => (at = cron.nextRun(at)))}`);
}
let at = first;
const both = new Cron("0 0 */2 * 1", { timezone: "UTC", domAndDow: true });
console.log(`0 0 */2 * 1 in croner with domAndDow, ${days(() => (at = both.nextRun(at)))}`);
JS
seen=$(node try.mjs)
expected='0 0 */2 * 1 in cron-parser, 18: 1 3 5 7 9 11 12 13 15 17 19 21 23 25 26 27 29 31
0 0 */2 * 1 in croner, 18: 1 3 5 7 9 11 12 13 15 17 19 21 23 25 26 27 29 31
0 0 */2 * * in cron-parser, 16: 1 3 5 7 9 11 13 15 17 19 21 23 25 27 29 31
0 0 */2 * * in croner, 16: 1 3 5 7 9 11 13 15 17 19 21 23 25 27 29 31
0 0 * * 1 in cron-parser, 4: 5 12 19 26
0 0 * * 1 in croner, 4: 5 12 19 26
0 0 */2 * 1 in croner with domAndDow, 2: 5 19'
echo "$seen"
if [ "$seen" != "$expected" ]; then
  echo "This has changed; it was:" >&2
  echo "$expected" >&2
  exit 1
fi
