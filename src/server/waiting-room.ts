/**
 * Answers while a server cannot start yet: a process that waits for its database is alive, and `/readyz` says what it waits for. Opens
 * at the first wait only, and gives its port back before the server listens. Knows nothing of databases.
 */
import { createServer, type Server } from "node:http";
import type { Logger } from "pino";

export interface WaitingRoom {
  /** Logs what is waited for, and answers it from now on. */
  readonly say: (detail: string) => void;
  /** Closes the port. */
  readonly close: () => Promise<void>;
}

/** Seconds after which it is worth asking again. */
const RETRY_AFTER_S = 1;

/** Creates a waiting room for an address. With port 0 it only logs: the server's port is not known yet. */
export function createWaitingRoom({ host, port }: { readonly host: string; readonly port: number }, log: Logger): WaitingRoom {
  let server: Server | null = null;
  let reason = "";
  const listen = (): Server => {
    const opened = createServer(({ url }, response) => {
      if (url === "/healthz") {
        response.writeHead(200, { "content-type": "application/json" }).end('{"status":"ok"}');
        return;
      }
      const detail = `the server is starting and waits: ${reason}`;
      const body = {
        type: "about:blank",
        title: "Service Unavailable",
        status: 503,
        detail,
        instance: "",
        code: "unavailable",
      };
      const headers = { "content-type": "application/problem+json", "retry-after": String(RETRY_AFTER_S), connection: "close" };
      response.writeHead(503, headers).end(JSON.stringify(body));
    });
    // That the port is taken is said when the server itself listens.
    opened.on("error", () => undefined);
    return opened.listen(port, host);
  };
  return {
    say(detail) {
      reason = detail;
      log.warn({ waits_for: detail }, "waiting to start");
      if (port !== 0) server ??= listen();
    },
    async close() {
      if (!server?.listening) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      server.closeAllConnections();
      await promise;
    },
  };
}
