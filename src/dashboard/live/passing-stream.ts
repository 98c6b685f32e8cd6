/** Opens what a proxy passes: a WebSocket, or, when two in a row did not open though the server answers, the same over HTTP. */
import type { StreamSocket } from "./stream-over-http.ts";

const FAILURES = 2;

/**
 * Returns the function that opens the stream. `answers` says whether the server takes requests, or rejects; `load` loads what opens a stream over
 * HTTP. A WebSocket that has opened once passes: breaks after it are not the proxy's rule.
 */
export function createPassingStream(
  openSocket: () => WebSocket,
  answers: () => Promise<boolean>,
  load: () => Promise<() => StreamSocket>,
): () => StreamSocket {
  let failures = 0;
  let overHttp: (() => StreamSocket) | null = null;
  const consider = async (): Promise<void> => {
    if (await answers()) overHttp = await load();
  };
  return () => {
    if (overHttp) return overHttp();
    const socket = openSocket();
    socket.addEventListener("open", () => {
      failures = Number.NEGATIVE_INFINITY;
    });
    socket.addEventListener("close", () => {
      failures++;
      if (failures >= FAILURES) consider().catch(() => undefined);
    });
    return socket;
  };
}
