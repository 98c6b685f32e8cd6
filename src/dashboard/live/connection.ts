/**
 * One WebSocket, or its replacement, that reconnects: after a break it tries again, ever less often, and at once when the network or the
 * reader returns. Knows nothing of its messages.
 */
import { createStore, type Store } from "../shell/store.ts";
import type { StreamSocket } from "./stream-over-http.ts";

export type Connection =
  | { readonly status: "connecting" }
  | { readonly status: "live" }
  /** The connection is lost; the next try begins at `retryAt` (performance.now()). */
  | { readonly status: "waiting"; readonly retryAt: number; readonly tries: number };

export interface ReconnectingSocket {
  readonly connection: Store<Connection>;
  /** Sends a message as JSON. Returns false while there is no connection: nothing is kept for later. */
  send(message: object): boolean;
  /** Connects now, unless it is connected. */
  retry(): void;
  /** Drops the connection and opens a new one: the session has changed. */
  restart(): void;
}

export interface SocketEvents {
  onOpen(): void;
  onMessage(text: string): void;
}

const FIRST_DELAY_MS = 300;
const MAX_DELAY_MS = 5000;

/** Creates a socket that `open` connects, from the first `retry` on. */
export function createReconnectingSocket(
  window: Window & typeof globalThis,
  open: () => StreamSocket,
  { onOpen, onMessage }: SocketEvents,
): ReconnectingSocket {
  const connection = createStore<Connection>({ status: "connecting" });
  let socket: StreamSocket | null = null;
  let timer: number | undefined;
  let tries = 0;

  const connect = (): void => {
    window.clearTimeout(timer);
    if (socket) return;
    const opened = open();
    socket = opened;
    opened.onopen = () => {
      tries = 0;
      connection.set({ status: "live" });
      onOpen();
    };
    opened.onmessage = ({ data }) => onMessage(String(data));
    opened.onclose = () => {
      if (socket === opened) reconnectLater();
    };
  };

  const reconnectLater = (): void => {
    socket = null;
    // A quarter more or less, so that the readers of a restarted server do not all come at once.
    const delayMs = Math.min(FIRST_DELAY_MS * 2 ** tries, MAX_DELAY_MS) * (0.75 + Math.random() / 2);
    tries++;
    connection.set({ status: "waiting", retryAt: performance.now() + delayMs, tries });
    timer = window.setTimeout(connect, delayMs);
  };

  const retryIfWaiting = () => {
    if (connection.get().status === "waiting") connect();
  };
  window.addEventListener("online", retryIfWaiting);
  window.document.addEventListener("visibilitychange", () => {
    if (window.document.visibilityState === "visible") retryIfWaiting();
  });
  return {
    connection,
    send(message) {
      if (socket?.readyState !== window.WebSocket.OPEN) return false;
      socket.send(JSON.stringify(message));
      return true;
    },
    retry: connect,
    restart() {
      const old = socket;
      socket = null;
      tries = 0;
      old?.close();
      connect();
    },
  };
}
