/**
 * One WebSocket, or its replacement, that reconnects: after a break it tries again, ever less often, and at once when the network or the
 * reader returns. It asks before each of these tries, because without a session the server would refuse it. Knows nothing of its messages.
 */
import { createStore, type Store } from "../shell/store.ts";
import type { StreamSocket } from "./stream-over-http.ts";

export type Connection =
  | { readonly status: "connecting" }
  | { readonly status: "live" }
  /** The connection is lost; the next try begins at `retryAt` (performance.now()). */
  | { readonly status: "waiting"; readonly retryAt: number; readonly tries: number }
  /** Stopped: there is no session. */
  | { readonly status: "stopped" };

export interface ReconnectingSocket {
  readonly connection: Store<Connection>;
  /** Sends a message as JSON. Returns false while there is no connection: nothing is kept for later. */
  send(message: object): boolean;
  /** Connects now, unless it is connected. */
  retry(): void;
  /** Drops the connection and opens a new one: the session has changed. */
  restart(): void;
  /** Drops the connection, and opens none until `restart`. */
  stop(): void;
}

export interface SocketEvents {
  /** Called after a break, before the next try. That follows once this settles, unless the socket was stopped meanwhile. */
  beforeRetry(): Promise<void>;
  onOpen(): void;
  onMessage(text: string): void;
}

const FIRST_DELAY_MS = 300;
const MAX_DELAY_MS = 5000;

/** Creates a socket that `open` connects, from the first `retry` on. */
export function createReconnectingSocket(
  window: Window & typeof globalThis,
  open: () => StreamSocket,
  { beforeRetry, onOpen, onMessage }: SocketEvents,
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
    timer = window.setTimeout(reconnect, delayMs);
  };

  const reconnect = async () => {
    const before = connection.get();
    if (before.status !== "waiting") return;
    await beforeRetry().catch(() => undefined);
    if (connection.get() === before) connect();
  };
  window.addEventListener("online", reconnect);
  window.document.addEventListener("visibilitychange", () => {
    if (!window.document.hidden) void reconnect();
  });
  const drop = (status: "connecting" | "stopped") => {
    window.clearTimeout(timer);
    const old = socket;
    socket = null;
    tries = 0;
    old?.close();
    connection.set({ status });
  };
  return {
    connection,
    send(message) {
      if (socket?.readyState !== window.WebSocket.OPEN) return false;
      socket.send(JSON.stringify(message));
      return true;
    },
    retry: connect,
    restart() {
      drop("connecting");
      connect();
    },
    stop: () => drop("stopped"),
  };
}
