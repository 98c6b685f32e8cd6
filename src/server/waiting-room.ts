/**
 * Answers while a server cannot start yet: a process that waits for its database is alive, and `/readyz` says what it waits for. Opens
 * at the first wait only, and gives its port back before the server listens. Knows nothing of databases.
 */
import { randomUUID } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { Logger } from "pino";
import { TrainyardError } from "../domain/errors.ts";
import { PROBLEM_TYPE, RETRY_AFTER_S, toProblem } from "../http/errors/problem.ts";

export interface WaitingRoom {
  /** Logs what the start waits for, and answers it from now on. */
  readonly say: (detail: string) => void;
  /** Closes the port. */
  readonly close: () => Promise<void>;
}

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
      const waits = new TrainyardError("unavailable", `the server is starting and waits: ${reason}`);
      const document = toProblem(waits, { requestId: randomUUID(), bodyLimit: 0 });
      const retryAfter = RETRY_AFTER_S[document.status];
      const headers = { "content-type": PROBLEM_TYPE, "retry-after": String(retryAfter), connection: "close" };
      response.writeHead(document.status, headers).end(JSON.stringify(document));
    });
    // If the port is taken, the server itself reports it when it listens.
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
