/**
 * The queue of many processes: pg-boss orders messages, leases them, and ends leases that are not renewed. A message only says
 * that a job is queued; the jobs table decides whether it may run, in the statement that starts it. So a message that arrives
 * twice, late, or for a cancelled job does no harm.
 */

import { PgBoss } from "pg-boss";
import { ATTEMPTED_STATES, type Job } from "../domain/jobs/job.ts";
import type { JobQueue, OnQueued, RunSql } from "../domain/jobs/queue.ts";
import type { MemoryRoom } from "../domain/jobs/queue-order.ts";
import type { Store } from "../domain/store/store.ts";
import { createLeases } from "./leases.ts";
import { type Message, type MessageData, messageOf, messageOptions, QUEUE } from "./messages.ts";

/** Signals between processes. */
export interface Signals {
  broadcast(topic: string): void;
  onTopic(topic: string, listener: () => void): () => void;
}

export interface PgBossQueueOptions {
  readonly url: string;
  readonly statementTimeoutMs: number;
  readonly store: Store;
  /** Runs statements outside of any transaction. */
  readonly runSql: RunSql;
  readonly signals: Signals;
  /** The id of this process. */
  readonly workerId: string;
  /** A lease that is not renewed for this long goes to another process; at least 10. */
  readonly leaseSeconds: number;
  /** How long a job may run under one lease before it is requeued. */
  readonly maxLeaseSeconds: number;
  /** Maximum number of running jobs of a project, on all processes together. */
  readonly runningJobs?: number | undefined;
  /** Requeues a job that a lost process was running. */
  readonly onAbandoned: (job: Job) => Promise<void>;
  readonly onError: (error: unknown) => void;
  /** How often to poll for messages for which no signal arrived. */
  readonly pollMs?: number;
}

export interface PgBossQueue extends JobQueue {
  /** Sends the message of a job that was just queued, in the transaction that queued it. */
  readonly dispatch: OnQueued;
  /**
   * Reclaims jobs whose lease has expired. Claiming their messages would do so too, but a project at its limit of running jobs
   * would wait forever for its own lost jobs. Returns their number.
   */
  reclaimLost(): Promise<number>;
  /** Sends messages for queued jobs without one, as after a copy from another database. Returns their number. */
  reconcile(): Promise<number>;
  close(): Promise<void>;
}

const TOPIC = "work";
const NO_LIMIT = Number.MAX_SAFE_INTEGER;
const POLL_MS = 1000;
/** Connections of pg-boss: one for a claim, one for a lease, one for the monitor. */
const POOL_SIZE = 3;
/** Interval at which pg-boss checks for expired leases. */
const MONITOR_SECONDS = 3;
/** How long a job that does not fit is left to other processes; after that, this process keeps memory free for it. */
const OVERTAKEN_MS = 60_000;
/** A job that was queued this long ago has its message, or will never get one. */
const RECONCILED_MS = 5000;
/** Maximum number of messages that one claim fetches. */
const MAX_FETCHES = 64;

/** Starts pg-boss, which creates its schema. Throws what the database throws. */
export async function openPgBossQueue(options: PgBossQueueOptions): Promise<PgBossQueue> {
  const { store, runSql, signals, workerId, onError, pollMs = POLL_MS, runningJobs = NO_LIMIT } = options;
  const boss = await startBoss(options);
  const leases = createLeases(boss, options);
  /** The message of a job that waits for memory on this node, and is next. */
  let held: Message | null = null;

  const fetch = async (ignoreGroups: string[]): Promise<Message | null> => {
    const [message] = await boss.fetch<MessageData>(QUEUE, { batchSize: 1, includeMetadata: true, ignoreGroups });
    return message ?? null;
  };
  /** Fetches a message of the next project by fair shares. If at most one project waits, fetches the first message. */
  const fetchFair = async (): Promise<Message | null> => {
    const waiting = await store.queue.projectsInTurn(Number.MAX_SAFE_INTEGER);
    const allowed = runningJobs === NO_LIMIT ? waiting : await store.queue.projectsInTurn(runningJobs);
    if (waiting.length <= 1) return allowed.length === waiting.length ? fetch([]) : null;
    for (const project of allowed) {
      const message = await fetch(waiting.filter((other) => other !== project));
      if (message) return message;
    }
    return null;
  };
  /** Starts the job of a message on this process. Returns null when the job may not run or is no longer queued. */
  const startJob = async (message: Message): Promise<Job | null> => {
    const { job: id } = message.data;
    const lease = { lease: message.id, workerId, at: Date.now(), runningJobs };
    const { result, job } = await store.queue.lease(id, lease);
    if (result === "taken" && job) return job;
    if (result === "full") {
      await leases.giveBack(message);
      return null;
    }
    if (result === "abandoned" && job) await options.onAbandoned(job);
    await leases.complete(message);
    return null;
  };
  const claim = async (room: MemoryRoom | undefined): Promise<Job | null> => {
    for (let fetches = 0; fetches < MAX_FETCHES; fetches++) {
      const message = held ?? (await fetchFair());
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
      const job = await startJob(message);
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
      if (id === null) throw new Error(`the queue did not accept the message of ${entry.job.id}`);
    },
    enqueue: async () => signals.broadcast(TOPIC),
    claim,
    hold: ({ id }) => leases.hold(id),
    onWork(listener) {
      const own = () => listener();
      listeners.add(own);
      return () => void listeners.delete(own);
    },
    position: (jobId) => store.queue.position(jobId),
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
      const job = await store.jobs.get(String(id));
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
      const job = await from.jobs.get(String(id));
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
    // A pool of its own: pg-boss sends whole transactions as one text, so a connection on which one failed must not be shared.
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

/** Returns whether the job of a message fits the free memory of this node, or would fit if nothing else ran. */
function fitOf({ data }: Message, room: MemoryRoom | undefined): Fit {
  if (!room || data.memory_bytes <= room.freeBytes) return "now";
  return data.memory_bytes <= room.totalBytes ? "later" : "never";
}
