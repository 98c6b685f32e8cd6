/** The connection of a stream's reader, for any transport, and how far behind a reader may be. Knows nothing of jobs. */
import { setTimeout as delay } from "node:timers/promises";

/** Why a stream ended. */
export type CloseReason =
  /** The job is in a terminal state and everything was sent. */
  | "finished"
  /** The server stops. */
  | "draining"
  /** The reader took nothing for too long. */
  | "too_slow"
  /** The reader kept sending invalid messages. */
  | "refused"
  /** The key or session that opened the stream was revoked, or has expired. */
  | "unauthorized"
  /** The reader went away. */
  | "gone"
  /** Internal error; see the log. */
  | "failed";

/** What a connection is given to send. */
export interface Message {
  /** The full message as UTF-8 JSON. */
  readonly json: Uint8Array;
}

/** One reader's connection. */
export interface StreamConnection<M extends Message> {
  /** For the log. */
  readonly kind: "websocket" | "sse";
  send(message: M): void;
  /** Bytes sent that the network has not taken yet. */
  buffered(): number;
  /** Calls `gone` once when the connection is closed, by either side. */
  onClose(gone: () => void): void;
  /** Closes the connection; `resumption` says in a few words how the reader continues. */
  close(ending: CloseReason, resumption: string): void;
  /** Drops the connection without a message. */
  destroy(): void;
}

export interface StreamBounds {
  /** Messages are held back while a reader has more than this still to take. */
  readonly lowWaterBytes: number;
  /** A reader above the low-water mark that takes nothing for this long is too slow. */
  readonly stallMs: number;
  /** How often a connection is checked for a dead peer. */
  readonly pingMs: number;
  /** How long readers may take for their last frames when the server stops. */
  readonly drainMs: number;
  /** Maximum connections of one project at a time. */
  readonly connections: number;
  /** Maximum jobs that one connection may follow at a time. */
  readonly subscriptions: number;
  /** Number of invalid messages after which a connection is closed. */
  readonly faults: number;
}

/** The limits without a setting. */
export const STREAM_BOUNDS: Omit<StreamBounds, "connections" | "subscriptions"> = {
  lowWaterBytes: 1024 * 1024,
  stallMs: 15_000,
  pingMs: 20_000,
  drainMs: 3000,
  faults: 10,
};

const POLL_MS = 20;

/** Waits until the reader is below the low-water mark. False if it takes nothing for too long, or is gone. */
export async function caughtUp(
  connection: Pick<StreamConnection<Message>, "buffered">,
  { lowWaterBytes, stallMs }: StreamBounds,
  isGone: () => boolean,
): Promise<boolean> {
  let buffered = connection.buffered();
  let movedAt = performance.now();
  while (buffered > lowWaterBytes) {
    await delay(POLL_MS);
    if (isGone()) return false;
    const now = connection.buffered();
    if (now < buffered) movedAt = performance.now();
    else if (performance.now() - movedAt > stallMs) return false;
    buffered = now;
  }
  return true;
}
