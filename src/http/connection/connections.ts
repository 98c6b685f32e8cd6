/**
 * How connections end, in three cases. The server closes: Node closes only the connections that are idle at that moment, and one that
 * becomes idle right after would keep the server open until its keep-alive ends. An upgrade is refused: Node no longer owns that
 * connection. A request is answered before all of it has arrived.
 */
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { App } from "../context.ts";

/** How long running requests may take; longer than streams may (streams.ts). */
const GRACE_MS = 4000;
const LOOK_MS = 100;

/** How long the rest of a request is read, and dropped, once it is answered and its connection is to be closed (RFC 9112, section 9.6). */
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

/** Connections that only wait for the end of a request that is answered. */
const closing = new WeakSet<Socket>();

/** Takes no request from a connection that is to be closed: its client would never know what became of it. */
export function endClosingConnections(app: App): void {
  app.addHook("onRequest", async ({ raw: { socket } }, reply) => {
    if (!closing.has(socket)) return;
    reply.hijack();
    socket.destroy();
  });
}

/**
 * Reads and drops the rest of a request: many clients read the answer only after they have sent everything. Call it before the answer. Where the
 * connection closes after that, only our side of it does at first: to close a connection with bytes that have not been read resets it, and a
 * client that has not yet read the answer loses it.
 */
export function drainRequest({ raw }: FastifyRequest, reply: FastifyReply): void {
  if (raw.complete || raw.destroyed) return;
  raw.resume();
  // Fastify closes the connection of a body that could not be parsed.
  if (isLast(raw) || reply.getHeader("connection") === "close") closeInTime(raw);
}

/** Has a connection closed when its request has arrived, or after `REST_MS`. */
function closeInTime({ socket }: IncomingMessage): void {
  // Node calls it when the answer is sent, and would close both sides.
  socket.destroySoon = () => {
    closing.add(socket);
    socket.end();
    const timer = setTimeout(() => socket.destroy(), REST_MS);
    socket.once("close", () => clearTimeout(timer));
  };
}

/** Whether the connection is closed after this request (RFC 9112, section 9.3). */
function isLast({ headers: { connection = "" }, httpVersion }: IncomingMessage): boolean {
  return /\bclose\b/i.test(connection) || (httpVersion === "1.0" && !/\bkeep-alive\b/i.test(connection));
}
