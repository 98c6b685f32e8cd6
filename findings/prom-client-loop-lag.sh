#!/bin/bash
# prom-client's gauges of the event loop are of the time since anybody's last scrape.
#
# Versions   prom-client 15.1.3, on Node 24; seen on 2026-11-30
# Guess      A scrape reads and changes nothing: two Prometheus servers (a pair for availability, or one and a look at /metrics) see the same, and an
#            idle process has a lag near 0.
# Behaviour  The delays are forgotten at each scrape. A second one right after the first says a p99 of half a microsecond, a mean and a deviation
#            of Nan, and a least delay of 9223372036 seconds; one value below its limit also ends an alert that is pending (`for: 10m`). What is
#            measured is a timer of 10 ms, so that an idle process has p50 10 ms.
# What to do Measure with monitorEventLoopDelay, and reset by a clock of your own: two recordings that are reset in turn always have one that covers
#            enough. Subtract the resolution, or set limits well above it.
# Source     The output below; github.com/prometheus/client_js, pull request 459 (2021-08-21), which resets, and issue 370 (2020-05-04), of the
#            10 ms. The README says no more than "event loop lag".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund prom-client@15.1.3
cat >try.mjs <<'JS'
import { collectDefaultMetrics, Registry } from "prom-client";

const registry = new Registry();
collectDefaultMetrics({ register: registry });
async function scrape() {
  const found = [...(await registry.metrics()).matchAll(/^nodejs_eventloop_lag_(\w+)_seconds (\S+)$/gm)];
  return Object.fromEntries(found.map(([, name, value]) => [name, value]));
}
await scrape();
await new Promise((resolve) => setTimeout(resolve, 2000));
const first = await scrape();
const second = await scrape();
console.log(`idle for 2 s: p50 is ${Number(first.p50) > 0.009 ? "at least the timer's 10 ms" : first.p50}`);
console.log(`a second scrape: min ${second.min}, mean ${second.mean}, max ${second.max}, p99 ${second.p99}`);
JS
seen=$(node try.mjs)
expected="idle for 2 s: p50 is at least the timer's 10 ms
a second scrape: min 9223372036.854776, mean Nan, max 0, p99 5.11e-7"
echo "$seen"
if [ "$seen" != "$expected" ]; then
  echo "This has changed; it was:" >&2
  echo "$expected" >&2
  exit 1
fi
