/**
 * Live changes from the server: jobs that change, and the frames of followed jobs. After a break the same subscriptions resume after the
 * last sequence number seen, and `generation` grows: views that show a list read it again.
 */
import type { Frame } from "../../client/answers.ts";
import { createStore, type Store } from "../shell/store.ts";
import { type Connection, createReconnectingSocket } from "./connection.ts";
import type { JobsMessage, LiveMessage, LiveRequest } from "./messages.ts";
import type { StreamSocket } from "./stream-over-http.ts";

/** As `after`: only frames to come. */
export const FROM_NOW = Number.MAX_SAFE_INTEGER;

export interface Live {
  readonly connection: Store<Connection>;
  /** Grows each time watching begins, at first and after a break: what is read from then on is kept up to date. */
  readonly generation: Store<number>;
  /** Calls the listener with every change of every job. Returns an unsubscribe function. */
  watchJobs(listener: (message: JobsMessage) => void): () => void;
  /**
   * Calls the listener with the frames of a job after a sequence number, each once and in order. With FROM_NOW, frames may be
   * missing after a break that came before the first frame; the gap shows in their epochs. Returns an unsubscribe function.
   */
  follow(job: string, after: number, listener: (frame: Frame) => void): () => void;
  /** Connects now, unless it is connected. */
  retry(): void;
  /** Reconnects, because the session has changed. */
  restart(): void;
  /** Disconnects until `restart`, because the session has ended. */
  stop(): void;
}

interface Subscription {
  /** The sequence number of the newest frame. */
  after: number;
  readonly listeners: Set<(frame: Frame) => void>;
}

/** Creates the page's live connection. `openStream` opens its WebSocket, or the replacement; `beforeRetry` is called after a break. */
export function createLive(
  window: Window & typeof globalThis,
  openStream: () => StreamSocket,
  beforeRetry: () => Promise<void>,
): Live {
  const generation = createStore(0);
  const watchers = new Set<(message: JobsMessage) => void>();
  const followed = new Map<string, Subscription>();

  const socket = createReconnectingSocket(window, openStream, {
    beforeRetry,
    onOpen() {
      if (watchers.size > 0) send({ type: "subscribe", topic: "jobs" });
      for (const [job, { after }] of followed) send({ type: "subscribe", job, after });
    },
    onMessage(text) {
      const message = JSON.parse(text) as LiveMessage;
      if (message.type === "error") return;
      if (message.type === "subscribed") generation.update((count) => count + 1);
      else if (message.type === "job" || message.type === "removed") for (const watcher of [...watchers]) watcher(message);
      else deliver(message);
    },
  });
  const send = (request: LiveRequest): void => void socket.send(request);

  const deliver = (frame: Frame): void => {
    const subscription = followed.get(frame.job);
    if (!subscription) return;
    // An end frame repeats the sequence number of the frame before it.
    const isNew = subscription.after === FROM_NOW || frame.seq > subscription.after || frame.type === "end";
    if (!isNew) return;
    subscription.after = frame.seq;
    for (const listener of [...subscription.listeners]) listener(frame);
  };

  return {
    ...socket,
    generation,
    watchJobs(listener) {
      watchers.add(listener);
      if (watchers.size === 1) send({ type: "subscribe", topic: "jobs" });
      return () => {
        watchers.delete(listener);
        if (watchers.size === 0) send({ type: "unsubscribe", topic: "jobs" });
      };
    },
    follow(job, after, listener) {
      const subscription = followed.get(job) ?? { after, listeners: new Set() };
      subscription.listeners.add(listener);
      if (!followed.has(job)) {
        followed.set(job, subscription);
        send({ type: "subscribe", job, after });
      }
      return () => {
        subscription.listeners.delete(listener);
        if (subscription.listeners.size > 0 || followed.get(job) !== subscription) return;
        followed.delete(job);
        send({ type: "unsubscribe", job });
      };
    },
  };
}
