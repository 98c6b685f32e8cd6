/** The WebSocket outlet of a stream: frames as text messages, pings for dead peers, and a close code for each ending. */
import type { WebSocket } from "ws";
import type { Ending, Outlet } from "./stream.ts";

/** Messages from the reader are ignored, and no longer than this. */
export const MAX_INCOMING_BYTES = 1024;

/** The code with which a reader that is too slow is closed. */
export const TOO_SLOW = 4008;

const CLOSES: Readonly<Record<Exclude<Ending, "gone">, readonly [code: number, reason: (lastSeq: number) => string]>> = {
  finished: [1000, () => "the job has ended"],
  draining: [1001, (lastSeq) => `the server is going down; resume with after=${lastSeq}`],
  too_slow: [TOO_SLOW, (lastSeq) => `too slow; resume with after=${lastSeq}`],
  failed: [1011, (lastSeq) => `internal error; resume with after=${lastSeq}`],
};

/** An outlet on an open socket. A peer that answers no ping within `pingMs`, and takes no bytes either, is dropped. */
export function createWebSocketOutlet(socket: WebSocket, pingMs: number): Outlet {
  let alive = true;
  let buffered = 0;
  const ping = setInterval(() => {
    // A ping waits behind the frames: a peer that is still taking those is alive.
    if (!alive && socket.bufferedAmount >= buffered) return socket.terminate();
    buffered = socket.bufferedAmount;
    alive = false;
    socket.ping();
  }, pingMs);
  ping.unref();
  socket.on("pong", () => {
    alive = true;
  });
  socket.on("close", () => clearInterval(ping));
  return {
    kind: "websocket",
    send: ({ json }) => socket.send(json, { binary: false }),
    buffered: () => socket.bufferedAmount,
    onClose: (gone) => socket.once("close", gone),
    close(ending, lastSeq) {
      if (ending === "gone") return;
      const [code, reason] = CLOSES[ending];
      socket.close(code, reason(lastSeq));
    },
    destroy: () => socket.terminate(),
  };
}
