#!/bin/bash
# Fastify's handlerTimeout breaks off answers that are being streamed, and tells nobody but the hook for clients that left.
#
# Versions   fastify 5.12.8, on Node 24; seen on 2026-11-30
# Guess      handlerTimeout bounds the time until an answer begins: a stream that began in time goes on, or at the worst the error handler and
#            the hook onResponse hear of FST_ERR_HANDLER_TIMEOUT, and the log says so.
# Behaviour  A stream that is not at its end by then is cut: its socket is destroyed, and the client has status 200 and a connection that broke.
#            Neither the error handler nor onError, onTimeout or onResponse run, so that whatever counts, logs or gives back in onResponse misses
#            the request; onRequestAbort runs, and the log says "stream closed prematurely", as if the client had left. Once the server has a
#            handlerTimeout, a route can set a longer one but not none.
# What to do Set handlerTimeout on the routes that answer at once, and never on the server where there are streams. reply.hijack() takes a
#            route out of it.
# Source     The output below; docs/Reference/Server.md of the package says that a 503 is sent through the error handler "if the response is not
#            sent within this time", and nothing of answers that have begun.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund fastify@5.12.8
cat >try.mjs <<'JS'
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import Fastify from "fastify";

const heard = [];
const logged = { write: (line) => heard.push(`log "${JSON.parse(line).msg}"`) };
const app = Fastify({ handlerTimeout: 500, logger: { stream: logged } });
app.setErrorHandler((error, _, reply) => {
  heard.push(`error handler ${error.code}`);
  reply.code(503).send("too slow");
});
app.addHook("onRequestAbort", async (_request) => void heard.push("onRequestAbort"));
for (const hook of ["onError", "onTimeout", "onResponse"]) app.addHook(hook, async (_request, _reply) => void heard.push(hook));
async function* events() {
  for (let event = 0; event < 10; event++) {
    yield `data: ${event}\n\n`;
    await sleep(100);
  }
}
app.get("/late", async () => {
  await sleep(1000);
  return "late";
});
app.get("/stream", async (_, reply) => reply.type("text/event-stream").send(Readable.from(events())));
const url = await app.listen({ host: "127.0.0.1", port: 0 });
heard.length = 0;
for (const path of ["/late", "/stream"]) {
  const response = await fetch(url + path);
  const body = await response.text().then((text) => `a body of ${text.length}`, ({ cause }) => cause.code);
  await sleep(1000);
  console.log(`${path}: ${response.status}, ${body}; ${heard.splice(0).join(", ")}`);
}
await app.close();
JS
seen=$(node try.mjs)
expected='/late: 503, a body of 8; log "incoming request", onError, error handler FST_ERR_HANDLER_TIMEOUT, onResponse, log "request completed", log "Reply was already sent, did you forget to "return reply" in "/late" (GET)?"
/stream: 200, UND_ERR_SOCKET; log "incoming request", log "stream closed prematurely", onRequestAbort'
echo "$seen"
if [ "$seen" != "$expected" ]; then
  echo "This has changed; it was:" >&2
  echo "$expected" >&2
  exit 1
fi
