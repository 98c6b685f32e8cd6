/**
 * The bus of many processes: hints reach this process at once, and others by LISTEN/NOTIFY on one channel. Commits that notify
 * wait for each other in PostgreSQL, so hints are collected and sent at most ten times a second, each job once. A lost
 * connection can lose a hint: a slow poll wakes the subscribers that may have missed one.
 */
import pg from "pg";
import type { RunSql } from "../domain/jobs/queue.ts";
import type { Bus } from "../domain/ports.ts";
import { createLocalBus } from "./local.ts";
import { collectNotices, type Notice, readNotice } from "./notices.ts";

export interface PostgresBusOptions {
  /** The database. LISTEN needs a session of its own: it does not work through a transaction pooler. */
  readonly url: string;
  /** Runs the statements that send notifications. */
  readonly runSql: RunSql;
  /** Jobs that may have changed lately, for subscribers of all jobs. */
  readonly recentJobs: () => Promise<readonly string[]>;
  readonly onError: (error: unknown) => void;
  /** How often to wake the subscribers that may have missed a hint, and to check the connection. */
  readonly pollMs?: number;
  readonly applicationName?: string;
}

export interface PostgresBus extends Bus {
  /** Notifies every process, this one included, that a topic has changed. */
  broadcast(topic: string): void;
  /** Calls `listener` at every notification, and whenever one may have been missed. Returns an unsubscribe function. */
  onTopic(topic: string, listener: () => void): () => void;
  close(): Promise<void>;
}

const CHANNEL = "trainyard";
const SEND_MS = 100;
const POLL_MS = 2000;
const RECONNECT_MS = { first: 50, longest: 1000 };

/** Connects and listens. Throws what connecting throws. */
export async function openPostgresBus(options: PostgresBusOptions): Promise<PostgresBus> {
  const { onError, pollMs = POLL_MS } = options;
  const local = createLocalBus(onError);
  const topics = createTopics(onError);
  const sender = createSender(options);

  const deliver = ({ jobs, removed, topics: changed }: Notice): void => {
    for (const id of jobs) local.publish(id);
    for (const name of removed) {
      const [project = "", id = ""] = name.split("/");
      local.publishRemoved(id, project);
    }
    for (const topic of changed) topics.notify(topic);
  };
  /** Wakes all subscribers, since any of them may have missed a hint. */
  const wakeAll = async (): Promise<void> => {
    for (const id of local.subscribed()) local.publish(id);
    topics.notifyAll();
    if (local.isWatched()) for (const id of await options.recentJobs()) local.publish(id);
  };
  const listener = createListener(options, {
    onNotification(payload) {
      const notice = readNotice(payload);
      if (notice && notice.from !== sender.id) deliver(notice);
    },
    onReconnected: () => void wakeAll().catch(onError),
  });
  await listener.connect();
  const poll = setInterval(() => {
    listener.check(pollMs);
    wakeAll().catch(onError);
  }, pollMs);
  poll.unref();

  return {
    ...local,
    publish(jobId, seq) {
      local.publish(jobId, seq);
      sender.notices.addJob(jobId);
    },
    publishRemoved(jobId, project) {
      local.publishRemoved(jobId, project);
      sender.notices.addRemoved(jobId, project);
    },
    broadcast(topic) {
      topics.notify(topic);
      sender.notices.addTopic(topic);
    },
    onTopic: topics.on,
    async close() {
      clearInterval(poll);
      await sender.close();
      await listener.close();
    },
  };
}

function createTopics(onError: (error: unknown) => void) {
  const listeners = new Map<string, Set<() => void>>();
  const notify = (topic: string): void => {
    for (const listener of listeners.get(topic) ?? []) {
      try {
        listener();
      } catch (error) {
        onError(error);
      }
    }
  };
  return {
    notify,
    notifyAll: () => [...listeners.keys()].forEach(notify),
    on(topic: string, listener: () => void): () => void {
      const own = () => listener();
      const ofTopic = listeners.get(topic) ?? new Set();
      listeners.set(topic, ofTopic.add(own));
      return () => void ofTopic.delete(own);
    },
  };
}

/** Creates the sender of notices. A notice that cannot be sent is collected again for the next time. */
function createSender({ runSql, onError }: PostgresBusOptions) {
  const id = crypto.randomUUID();
  let timer: NodeJS.Timeout | undefined;
  let sending: Promise<void> = Promise.resolve();
  let lastAt = Number.NEGATIVE_INFINITY;
  let closed = false;
  const schedule = (): void => {
    if (closed || timer) return;
    const waitMs = Math.max(0, lastAt + SEND_MS - performance.now());
    timer = setTimeout(() => {
      timer = undefined;
      sending = sending.then(send);
    }, waitMs);
    timer.unref();
  };
  const notices = collectNotices(id, schedule);
  const send = async (): Promise<void> => {
    lastAt = performance.now();
    for (const { payload, putBack } of notices.drain()) {
      try {
        await runSql("select pg_notify($1, $2)", [CHANNEL, payload]);
      } catch (error) {
        onError(error);
        putBack();
      }
    }
  };
  return {
    id,
    notices,
    async close() {
      closed = true;
      clearTimeout(timer);
      // Send the last hints, such as that a job was requeued.
      await sending.then(send);
    },
  };
}

interface ListenerEvents {
  onNotification(payload: string): void;
  onReconnected(): void;
}

/** Creates a listening connection, and replaces it when it breaks. */
function createListener({ url, onError, applicationName }: PostgresBusOptions, events: ListenerEvents) {
  let client: pg.Client | null = null;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const connect = async (): Promise<void> => {
    const fresh = new pg.Client({
      connectionString: url,
      keepAlive: true,
      connectionTimeoutMillis: 5000,
      application_name: applicationName ?? "trainyard-listen",
    });
    fresh.on("error", (error) => lose(fresh, error));
    fresh.on("end", () => lose(fresh, null));
    fresh.on("notification", ({ payload }) => events.onNotification(payload ?? ""));
    await fresh.connect();
    await fresh.query(`listen ${CHANNEL}`);
    if (closed) return fresh.end();
    client = fresh;
  };
  const lose = (lost: pg.Client, error: Error | null): void => {
    if (client !== lost || closed) return;
    client = null;
    if (error) onError(error);
    lost.end().catch(() => undefined);
    retry(RECONNECT_MS.first);
  };
  const retry = (waitMs: number): void => {
    clearTimeout(timer);
    if (closed) return;
    timer = setTimeout(() => {
      connect().then(events.onReconnected, () => retry(Math.min(RECONNECT_MS.longest, waitMs * 2)));
    }, waitMs);
    timer.unref();
  };
  return {
    connect,
    /** Counts a connection as lost when the other end does not answer in time. */
    check(withinMs: number): void {
      const tried = client;
      if (!tried) return;
      const late = setTimeout(() => lose(tried, new Error("the listening connection does not respond")), withinMs * 2);
      late.unref();
      tried.query("select 1").then(
        () => clearTimeout(late),
        (error: Error) => {
          clearTimeout(late);
          lose(tried, error);
        },
      );
    },
    async close(): Promise<void> {
      closed = true;
      clearTimeout(timer);
      await client?.end().catch(() => undefined);
    },
  };
}
