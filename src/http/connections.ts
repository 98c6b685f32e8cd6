/**
 * Connections of a server that closes. Node closes those that are idle at that moment; one that becomes idle right after
 * it would keep the server open until its keep-alive runs out. And those of upgrades that are refused, which are nobody's.
 */
import type { App } from "./context.ts";

/** Requests under way may take this long; longer than streams may (stream.ts). */
const GRACE_MS = 4000;
const LOOK_MS = 100;

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
