/** Opens a stream that the proxy passes: a WebSocket, or, if two in a row did not open though the server answers, the same over HTTP. */
import type { StreamSocket } from "./stream-over-http.ts";

const FAILURES = 2;

/**
 * Returns the function that opens the stream. `answers` says whether the server accepts requests, or rejects; `load` loads the stream over
 * HTTP. Once a WebSocket has opened, the proxy passes them: later breaks have other causes.
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
