/**
 * How connections end, in three cases. The server closes: Node closes only the connections that are idle at that moment, and one that
 * becomes idle right after would keep the server open until its keep-alive ends. An upgrade is refused: Node no longer owns that
 * connection. A request is answered before all of it has arrived.
 */
import type { IncomingMessage } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { App } from "../context.ts";

/** How long running requests may take; longer than streams may (streams.ts). */
const GRACE_MS = 4000;
const LOOK_MS = 100;

/** How long to wait for the rest of a request before a connection closes after the answer (RFC 9112, section 9.6). */
const REST_MS = 2000;

/** From the moment the server closes: ends each connection as it becomes idle, and all of them after the grace. */
export function endConnectionsOnClose(app: App): void {
  app.addHook("preClose", async () => {
    if (!app.server.listening) return;
    const closingAt = performance.now();
    const timer = setInterval(() => {
      if (performance.now() - closingAt < GRACE_MS) app.server.closeIdleConnections();
      else app.server.closeAllConnections();
    }, LOOK_MS);
    app.server.once("close", () => clearInterval(timer));
  });
}

/**
 * Ends the connection of a refused upgrade after its answer. Node hands it over with the request and does not watch it any
 * more: if the client left it open, it would stay open for ever, and keep a closing server open.
 */
export function endRefusedUpgrades(app: App): void {
  app.addHook("onResponse", async ({ raw }, reply) => {
    if (raw.headers.upgrade !== undefined && reply.statusCode >= 400) raw.socket.destroySoon();
  });
}

/**
 * Reads and drops the rest of a request: many clients read the answer only after they have sent everything. Where the
 * connection closes after the answer, waits for the end of the request, at most `REST_MS`: bytes that arrive unread would
 * reset the connection, and the answer would be lost.
 */
export async function drainRequest({ raw }: FastifyRequest, reply: FastifyReply): Promise<void> {
  if (raw.complete || raw.destroyed) return;
  raw.resume();
  // Fastify closes the connection of a body that could not be parsed.
  if (!isLast(raw) && reply.getHeader("connection") !== "close") return;
  const isOver = new AbortController();
  raw.once("end", () => isOver.abort()).once("close", () => isOver.abort());
  await delay(REST_MS, undefined, { signal: isOver.signal }).catch(() => undefined);
}

/** Whether the connection is closed after this request (RFC 9112, section 9.3). */
function isLast({ headers: { connection = "" }, httpVersion }: IncomingMessage): boolean {
  return /\bclose\b/i.test(connection) || (httpVersion === "1.0" && !/\bkeep-alive\b/i.test(connection));
}
