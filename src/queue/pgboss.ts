/**
 * The queue of many processes: pg-boss orders, leases, and takes a lease back that nobody keeps up. A message says that a job
 * is queued, no more: whether it may run is decided by the jobs table, in the statement that makes it run. So a message may
 * come twice, late, or for a job that was cancelled meanwhile, and does no harm.
 */

import { PgBoss } from "pg-boss";
import { ATTEMPTED_STATES, type Job } from "../domain/jobs/job.ts";
import type { JobQueue, OnQueued, RunSql } from "../domain/jobs/queue.ts";
import type { MemoryRoom } from "../domain/jobs/queue-order.ts";
import type { Store } from "../domain/ports.ts";
import { createLeases } from "./leases.ts";
import { type Message, type MessageData, messageOf, messageOptions, QUEUE } from "./messages.ts";

/** Tells the processes of something, and hears of it. */
export interface Signals {
  announce(topic: string): void;
  onTopic(topic: string, listener: () => void): () => void;
}

export interface PgBossQueueOptions {
  readonly url: string;
  readonly statementTimeoutMs: number;
  readonly store: Store;
  /** Statements outside of any transaction. */
  readonly runSql: RunSql;
  readonly signals: Signals;
  /** The id of this process. */
  readonly workerId: string;
  /** A lease that is not kept up for so long is given to another; at least 10. */
  readonly leaseSeconds: number;
  /** How long a job may run under one lease, before it goes back into the queue. */
  readonly maxLeaseSeconds: number;
  /** Jobs that a project may have under way, on all processes together. */
  readonly runningJobs?: number | undefined;
  /** Puts a job that somebody left half way where it can go on from. */
  readonly onAbandoned: (job: Job) => Promise<void>;
  readonly onError: (error: unknown) => void;
  /** How often it looks for messages that no signal told of. */
  readonly pollMs?: number;
}

export interface PgBossQueue extends JobQueue {
  /** Sends the message of a job that was just queued, in the transaction that queued it. */
  readonly dispatch: OnQueued;
  /**
   * Puts jobs right that run under a lease which has lapsed. Their messages would tell, too, when somebody takes them; but a
   * project that may have no more jobs under way would wait for ever for its own dead ones. Returns how many.
   */
  reclaimLost(): Promise<number>;
  /** Sends messages for queued jobs that have none: after a copy from elsewhere, for example. Returns how many. */
  reconcile(): Promise<number>;
  close(): Promise<void>;
}

const TOPIC = "work";
const NO_LIMIT = Number.MAX_SAFE_INTEGER;
const POLL_MS = 1000;
/** Connections of pg-boss's own: a claim, a lease and the monitor at a time. */
const POOL_SIZE = 3;
/** A queue is looked through for lost leases so often. */
const MONITOR_SECONDS = 3;
/** A job that does not fit is left to others, until it has waited for so long: then room is made for it. */
const OVERTAKEN_MS = 60_000;
/** A job that was queued so long ago has its message, or will never have one. */
const RECONCILED_MS = 5000;
/** Messages looked at for one claim. */
const MAX_LOOKS = 64;

/** Starts pg-boss, which makes its schema. Throws what the database throws. */
export async function openPgBossQueue(options: PgBossQueueOptions): Promise<PgBossQueue> {
  const { store, runSql, signals, workerId, onError, pollMs = POLL_MS, runningJobs = NO_LIMIT } = options;
  const boss = await startBoss(options);
  const leases = createLeases(boss, options);
  /** The next message, when it has to wait for room on this node. */
  let held: Message | null = null;

  const fetch = async (ignoreGroups: string[]): Promise<Message | null> => {
    const [message] = await boss.fetch<MessageData>(QUEUE, { batchSize: 1, includeMetadata: true, ignoreGroups });
    return message ?? null;
  };
  /** A message of the project whose turn it is. Where one project waits, or none, no other's messages have to be passed over. */
  const fetchInTurn = async (): Promise<Message | null> => {
    const waiting = await store.projectsInTurn(Number.MAX_SAFE_INTEGER);
    const inTurn = runningJobs === NO_LIMIT ? waiting : await store.projectsInTurn(runningJobs);
    if (waiting.length <= 1) return inTurn.length === waiting.length ? fetch([]) : null;
    for (const project of inTurn) {
      const message = await fetch(waiting.filter((other) => other !== project));
      if (message) return message;
    }
    return null;
  };
  /** The job of a message, running here from now on; null when the message comes to nothing. */
  const redeem = async (message: Message): Promise<Job | null> => {
    const { job: id } = message.data;
    const lease = { lease: message.id, workerId, at: Date.now(), runningJobs };
    const { result, job } = await store.leaseJob(id, lease);
    if (result === "taken" && job) return job;
    if (result === "full") {
      await leases.giveBack(message);
      return null;
    }
    if (result === "abandoned" && job) await options.onAbandoned(job);
    await leases.settle(message);
    return null;
  };
  const next = async (room: MemoryRoom | undefined): Promise<Job | null> => {
    for (let looks = 0; looks < MAX_LOOKS; looks++) {
      const message = held ?? (await fetchInTurn());
      if (!message) return null;
      const fit = fitOf(message, room);
      if (fit === "later" && message.data.queued_at < Date.now() - OVERTAKEN_MS) {
        held = message;
        leases.keep(message);
        return null;
      }
      held = null;
      if (fit !== "now") {
        await leases.giveBack(message);
        continue;
      }
      const job = await redeem(message);
      if (!job) continue;
      leases.start(job.id, message);
      return job;
    }
    return null;
  };

  const listeners = new Set<() => void>();
  const wake = (): void => {
    for (const listener of listeners) listener();
  };
  const stopListening = signals.onTopic(TOPIC, wake);
  const poll = setInterval(wake, pollMs);
  poll.unref();

  return {
    dispatch: async (entry, inTransaction) => {
      const db = { executeSql: async (text: string, values?: unknown[]) => ({ rows: await inTransaction(text, values) }) };
      const id = await boss.send(QUEUE, messageOf(entry), { ...messageOptions(entry, options), db });
      if (id === null) throw new Error(`the queue took no message for ${entry.job.id}`);
    },
    enqueue: async () => signals.announce(TOPIC),
    claim: next,
    hold: ({ id }) => leases.hold(id),
    onWork(listener) {
      const own = () => listener();
      listeners.add(own);
      return () => void listeners.delete(own);
    },
    position: (jobId) => store.queuePosition(jobId),
    reconcile: () => reconcile(boss, options),
    reclaimLost,
    async close() {
      clearInterval(poll);
      stopListening();
      if (held) await leases.giveBack(held).catch(onError);
      leases.close();
      await boss.stop({ graceful: false });
    },
  };

  async function reclaimLost(): Promise<number> {
    const rows = await runSql(
      `select id, attempt, lease from jobs where state in ('running', 'pausing', 'cancelling') and lease is not null and not exists (
         select 1 from pgboss.job where name = $1 and pgboss.job.id = jobs.lease::uuid and state = 'active')`,
      [QUEUE],
    );
    for (const { id, attempt } of rows) {
      const job = await store.getJob(String(id));
      if (job && job.attempt === attempt && ATTEMPTED_STATES.includes(job.state)) await options.onAbandoned(job);
    }
    return rows.length;
  }

  async function reconcile(sender: PgBoss, { store: from }: PgBossQueueOptions): Promise<number> {
    const rows = await runSql(
      `select id, queue_key, not_before from jobs where state = 'queued' and queued_at < $1 and not exists (
         select 1 from pgboss.job where name = $2 and state <= 'active' and singleton_key = jobs.id)`,
      [Date.now() - RECONCILED_MS, QUEUE],
    );
    for (const { id, queue_key, not_before } of rows) {
      const job = await from.getJob(String(id));
      if (job?.state !== "queued") continue;
      const entry = { job, queueKey: Number(queue_key), notBefore: not_before === null ? null : Number(not_before) };
      await sender.send(QUEUE, messageOf(entry), messageOptions(entry, options));
    }
    return rows.length;
  }
}

async function startBoss({ url, statementTimeoutMs, onError }: PgBossQueueOptions): Promise<PgBoss> {
  const boss = new PgBoss({
    connectionString: url,
    // It sends whole transactions as one text: a connection that one of them has broken must be nobody else's.
    max: POOL_SIZE,
    application_name: "trainyard queue",
    options: `-c statement_timeout=${statementTimeoutMs}`,
    schedule: false,
    superviseIntervalSeconds: MONITOR_SECONDS,
    monitorIntervalSeconds: MONITOR_SECONDS,
    registerInstance: false,
    persistWarnings: false,
  });
  boss.on("error", onError);
  await boss.start();
  await boss.createQueue(QUEUE);
  return boss;
}

type Fit = "now" | "later" | "never";

/** Whether the job of a message fits what this node has left, or would when nothing else ran. */
function fitOf({ data }: Message, room: MemoryRoom | undefined): Fit {
  if (!room || data.memory_bytes <= room.freeBytes) return "now";
  return data.memory_bytes <= room.totalBytes ? "later" : "never";
}
