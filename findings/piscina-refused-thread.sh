#!/bin/bash
# A task for which the system gives no thread is refused, and done all the same.
#
# Versions   piscina 5.3.2, on Node 24; seen on 2026-11-30
# Guess      Where all threads are busy and another cannot be started, `run` returns a promise: the task waits for a thread that there is, or it is
#            rejected and forgotten.
# Behaviour  `new Worker` throws at once where the process or the system may have no more threads (EAGAIN), and so does `run`, instead of returning a
#            promise that rejects. The task is in the queue by then: the next thread that is free does it, for nobody. To abort its signal
#            rejects a promise that nobody has, which is an unhandled rejection.
# What to do Call `run` within an async function, tell the sender to try again, leave the task where it is, and have no task in the queue when
#            the pool is closed; or keep threads yourself.
# Source     The output below; `runTask` in dist/index.js queues a task before it calls `_addNewWorker`.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund piscina@5.3.2 >/dev/null
cat >task.mjs <<'JS'
import { appendFileSync } from "node:fs";
export default async ({ name, ms }) => {
  await new Promise((resolve) => setTimeout(resolve, ms));
  appendFileSync("done", `${name} `);
};
JS
cat >try.mjs <<'JS'
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Piscina } from "piscina";
const threads = createRequire(import.meta.url)("node:worker_threads");
const pool = new Piscina({ filename: new URL("task.mjs", import.meta.url).href, minThreads: 1, maxThreads: 2 });
await pool.run({ name: "first", ms: 0 });
const busy = pool.run({ name: "busy", ms: 500 });
const { Worker } = threads;
threads.Worker = class {
  constructor() {
    throw Object.assign(new Error("EAGAIN"), { code: "ERR_WORKER_INIT_FAILED" });
  }
};
try {
  pool.run({ name: "refused", ms: 0 }).catch(() => console.log("rejected"));
} catch ({ code }) {
  console.log(`thrown: ${code}`);
}
threads.Worker = Worker;
await busy;
await pool.run({ name: "next", ms: 0 });
await pool.close();
console.log(`done: ${readFileSync("done", "utf8").trim()}`);
JS
seen=$(node try.mjs)
expected='thrown: ERR_WORKER_INIT_FAILED
done: first busy refused next'
echo "$seen"
if [ "$seen" != "$expected" ]; then
  echo "This has changed; it was:" >&2
  echo "$expected" >&2
  exit 1
fi
