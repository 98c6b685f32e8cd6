/**
 * How connections end. Those of a server that closes: Node closes those that are idle at that moment; one that becomes idle
 * right after it would keep the server open until its keep-alive runs out. Those of upgrades that are refused, which are
 * nobody's. And those of requests that are answered before all of them has come.
 */
import type { IncomingMessage } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { App } from "../context.ts";

/** Requests under way may take this long; longer than streams may (stream.ts). */
const GRACE_MS = 4000;
const LOOK_MS = 100;

/** How long the rest of a request is waited for, where the connection is closed after the answer (RFC 9112, section 9.6). */
const REST_MS = 2000;

/** From the moment the server closes, ends each connection as it becomes idle, and all of them after the grace. */
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
 * Ends the connection of an upgrade that was refused, once that is said. Node hands it over with the request and looks after
 * it no more: left open by its sender, it would stay for ever, and so would a server that closes.
 */
export function endRefusedUpgrades(app: App): void {
  app.addHook("onResponse", async ({ raw }, reply) => {
    if (raw.headers.upgrade !== undefined && reply.statusCode >= 400) raw.socket.destroySoon();
  });
}

/**
 * Takes and drops what of a request is still to come: many a client reads the answer only when it has sent all that it wanted.
 * Where the connection is closed after the answer that is waited for, at most `REST_MS`: what arrives unread would reset it, and
 * the answer would be lost.
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
