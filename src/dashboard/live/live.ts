/**
 * What happens on the server, as it happens: jobs that change, and the frames of jobs that are followed. After a break the
 * same subscriptions go on from the last sequence number seen, and `generation` grows: views that list read their list anew.
 */
import type { Frame } from "../../client/answers.ts";
import { createStore, type Store } from "../shell/store.ts";
import { type Connection, createSocket } from "./connection.ts";
import type { JobsMessage, LiveMessage } from "./messages.ts";

/** As `after`: nothing of the past, only what is yet to come. */
export const FROM_NOW = Number.MAX_SAFE_INTEGER;

export interface Live {
  readonly connection: Store<Connection>;
  /** Grows each time watching begins, at first and after a break: what is read from then on is kept up to date. */
  readonly generation: Store<number>;
  /** Tells every change of every job. Gives the function that ends it. */
  watchJobs(listener: (message: JobsMessage) => void): () => void;
  /**
   * Tells the frames of a job after a sequence number, each once and in order. From FROM_NOW on, frames may be missing after
   * a break that came before the first frame: their epochs show it. Gives the function that ends it.
   */
  follow(job: string, after: number, listener: (frame: Frame) => void): () => void;
  /** Connects, or tries again at once. */
  retry(): void;
  /** Connects anew, since the session has changed. */
  restart(): void;
}

interface Following {
  after: number;
  readonly listeners: Set<(frame: Frame) => void>;
}

export function createLive(window: Window & typeof globalThis): Live {
  const generation = createStore(0);
  const watchers = new Set<(message: JobsMessage) => void>();
  const followed = new Map<string, Following>();
  const url = new URL("/v1/stream", window.location.href);
  url.protocol = url.protocol.replace("http", "ws");

  const socket = createSocket(window, url.href, {
    onOpen() {
      if (watchers.size > 0) socket.send({ type: "subscribe", topic: "jobs" });
      for (const [job, { after }] of followed) socket.send({ type: "subscribe", job, after });
    },
    onMessage(text) {
      const message = JSON.parse(text) as LiveMessage;
      if (message.type === "error") return;
      if (message.type === "subscribed") generation.update((count) => count + 1);
      else if (message.type === "job" || message.type === "removed") for (const watcher of [...watchers]) watcher(message);
      else pass(message);
    },
  });

  const pass = (frame: Frame): void => {
    const following = followed.get(frame.job);
    if (!following) return;
    // An end frame repeats the sequence number of what came before it.
    const isNew = following.after === FROM_NOW || frame.seq > following.after || frame.type === "end";
    if (!isNew) return;
    following.after = frame.seq;
    for (const listener of [...following.listeners]) listener(frame);
  };

  return {
    connection: socket.connection,
    generation,
    retry: socket.retry,
    restart: socket.restart,
    watchJobs(listener) {
      watchers.add(listener);
      if (watchers.size === 1) socket.send({ type: "subscribe", topic: "jobs" });
      return () => {
        watchers.delete(listener);
        if (watchers.size === 0) socket.send({ type: "unsubscribe", topic: "jobs" });
      };
    },
    follow(job, after, listener) {
      const following = followed.get(job) ?? { after, listeners: new Set() };
      following.listeners.add(listener);
      if (!followed.has(job)) {
        followed.set(job, following);
        socket.send({ type: "subscribe", job, after });
      }
      return () => {
        following.listeners.delete(listener);
        if (following.listeners.size > 0 || followed.get(job) !== following) return;
        followed.delete(job);
        socket.send({ type: "unsubscribe", job });
      };
    },
  };
}
