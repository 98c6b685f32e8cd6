/** WebSocket readers: messages out as text, pings for dead peers, a close code for each reason, and their own messages in. */
import { on } from "node:events";
import type { FastifyRequest } from "fastify";
import type { RawData, WebSocket } from "ws";
import type { CloseReason, Message, StreamConnection } from "./stream-connection.ts";

/** Messages from a reader are no longer than this. */
export const MAX_INCOMING_BYTES = 1024;

/** The code with which a reader that is too slow is closed. */
const TOO_SLOW = 4008;

const CLOSES: Readonly<Record<Exclude<CloseReason, "gone">, readonly [code: number, reason: (resumption: string) => string]>> =
  {
    finished: [1000, () => "the job has ended"],
    draining: [1001, (resumption) => `the server is going down; ${resumption}`],
    too_slow: [TOO_SLOW, (resumption) => `too slow; ${resumption}`],
    unauthorized: [1008, () => "the key was revoked or has expired"],
    refused: [1008, () => "too many invalid messages"],
    failed: [1011, (resumption) => `internal error; ${resumption}`],
  };

/** Socket errors that the peer has caused: a violation of the protocol, for which ws closes the socket, or a broken connection. */
const PEER_FAULT = /^(WS_ERR_|ECONNRESET|EPIPE|ECONNABORTED|ETIMEDOUT)/;

/** Called with an error of a socket, or of what serves it. */
export function onSocketError(error: Error & { readonly code?: string }, socket: WebSocket, request: FastifyRequest): void {
  if (PEER_FAULT.test(error.code ?? "")) {
    request.log.debug({ code: error.code, detail: error.message }, "a WebSocket broke off");
    return;
  }
  request.log.error({ err: error }, "a WebSocket failed");
  socket.terminate();
}

/** Maximum messages of a reader that wait to be handled; above it, reading stops until they are. */
const WAITING_MESSAGES = 16;

/** A connection on an open socket. A peer that answers no ping within `pingMs`, and takes no bytes either, is dropped. */
export function createWebSocketConnection(socket: WebSocket, pingMs: number): StreamConnection<Message> {
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
    close(ending, resumption) {
      if (ending === "gone") return;
      const [code, reason] = CLOSES[ending];
      socket.close(code, reason(resumption));
    },
    destroy: () => socket.terminate(),
  };
}

/** What a reader sends until the connection ends: the bytes of text messages, and null for a binary one. */
export function messagesOf(socket: WebSocket): AsyncIterable<Uint8Array | null> {
  // Listen from now on, not only when the first message is asked for.
  const events = on(socket, "message", { close: ["close"], highWaterMark: WAITING_MESSAGES, lowWaterMark: 1 });
  return textsOf(events as AsyncIterable<[RawData, boolean]>);
}

async function* textsOf(events: AsyncIterable<[RawData, boolean]>): AsyncGenerator<Uint8Array | null> {
  try {
    for await (const [data, isBinary] of events) yield isBinary ? null : (data as Buffer);
  } catch {
    // A violation of the protocol: ws has closed the connection with its code.
  }
}
