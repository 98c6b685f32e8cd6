/** The server-sent-events connection of a stream (WHATWG HTML, section 9.2): `id` is the sequence number, `event` the frame's type. */
import type { ServerResponse } from "node:http";
import type { Frame } from "../../app/metrics/follow.ts";
import type { StreamConnection } from "./stream-connection.ts";

export const SSE_TYPE = "text/event-stream";

/** How long a browser waits before it reconnects. */
const RETRY_MS = 1000;

/** Starts an answer that streams events, and returns its connection. Comments are sent every `pingMs`, which finds dead peers. */
export function createSseConnection(
  response: ServerResponse,
  headers: Readonly<Record<string, string>>,
  pingMs: number,
): StreamConnection<Frame> {
  response.writeHead(200, {
    ...headers,
    "content-type": SSE_TYPE,
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no",
    // With keep-alive it would outlast its stream, and a stopping server waits for its connections.
    connection: "close",
  });
  response.write(`retry: ${RETRY_MS}\n\n`);
  const ping = setInterval(() => response.write(":\n\n"), pingMs);
  ping.unref();
  response.on("close", () => clearInterval(ping));
  return {
    kind: "sse",
    send({ seq, type, json }) {
      response.cork();
      response.write(`id: ${seq}\nevent: ${type}\ndata: `);
      response.write(json);
      response.write("\n\n");
      response.uncork();
    },
    buffered: () => response.writableLength,
    onClose: (gone) => (response.destroyed ? gone() : response.once("close", gone)),
    close(ending) {
      // Data that a slow reader has not taken yet would never be flushed; the reader reconnects with Last-Event-ID.
      if (ending === "too_slow") response.destroy();
      else response.end();
    },
    destroy: () => response.destroy(),
  };
}
