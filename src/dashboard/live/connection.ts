/**
 * One WebSocket that comes back: after a break it tries again, ever less often, at once when the network or the reader
 * returns. Knows nothing of what is said over it.
 */
import { createStore, type Store } from "../shell/store.ts";

export type Connection =
  | { readonly status: "connecting" }
  | { readonly status: "live" }
  /** It was lost; the next try begins at `retryAt` (performance.now()). */
  | { readonly status: "waiting"; readonly retryAt: number; readonly tries: number };

export interface Socket {
  readonly connection: Store<Connection>;
  /** False while there is no connection: nothing is kept for later. */
  send(message: object): boolean;
  /** Tries now. */
  retry(): void;
  /** Breaks the connection and makes a new one: the session has changed. */
  restart(): void;
}

export interface SocketEvents {
  onOpen(): void;
  onMessage(text: string): void;
}

const FIRST_WAIT_MS = 300;
const LONGEST_WAIT_MS = 5000;

/** A connection to `url`, from the first `retry` on. */
export function createSocket(window: Window & typeof globalThis, url: string, { onOpen, onMessage }: SocketEvents): Socket {
  const connection = createStore<Connection>({ status: "connecting" });
  let socket: WebSocket | null = null;
  let timer: number | undefined;
  let tries = 0;

  const connect = (): void => {
    window.clearTimeout(timer);
    if (socket) return;
    const own = new window.WebSocket(url);
    socket = own;
    own.onopen = () => {
      tries = 0;
      connection.set({ status: "live" });
      onOpen();
    };
    own.onmessage = ({ data }) => onMessage(String(data));
    own.onclose = () => {
      if (socket === own) lose();
    };
  };

  const lose = (): void => {
    socket = null;
    // A quarter more or less, so that a restarted server does not meet all its readers in one moment.
    const waitMs = Math.min(FIRST_WAIT_MS * 2 ** tries, LONGEST_WAIT_MS) * (0.75 + Math.random() / 2);
    tries++;
    connection.set({ status: "waiting", retryAt: performance.now() + waitMs, tries });
    timer = window.setTimeout(connect, waitMs);
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
