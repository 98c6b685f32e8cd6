/**
 * Connections of a server that closes. Node closes those that are idle at that moment; one that becomes idle right after
 * it would keep the server open until its keep-alive runs out.
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
