/**
 * The leases of this process: renewed while a job runs, released when it has ended. Reports when a lease was lost to another
 * process, and when one is about to reach its longest time.
 */
import type { PgBoss } from "pg-boss";
import type { Lease } from "../domain/jobs/queue.ts";
import { type LeaseTimes, type Message, QUEUE } from "./messages.ts";

export interface LeaseOptions extends LeaseTimes {
  readonly onError: (error: unknown) => void;
}

export interface Leases {
  /** Renews the lease of a message. */
  keep(message: Message): void;
  /** Renews the lease of a message whose job runs from now on. */
  start(jobId: string, message: Message): void;
  /** Returns the lease of a job for its run, which must release it. */
  hold(jobId: string): Lease;
  /** Completes the message. */
  complete(message: Message): Promise<void>;
  /** Returns the message to the queue, for others and for a later claim of this process. */
  giveBack(message: Message): Promise<void>;
  close(): void;
}

/** How many times a lease is renewed in the time that it lasts. */
const BEATS_PER_LEASE = 4;
/** Delay before the next try when the database did not answer. */
const RETRY_MS = 300;
/** The share of a lease's longest time that is reserved for a checkpoint, and its limit. */
const CHECKPOINT_SHARE = 0.1;
const CHECKPOINT_MS = 60_000;

interface HeldMessage {
  readonly message: Message;
  readonly lost: AbortController;
  readonly expiring: AbortController;
  readonly expiry: NodeJS.Timeout;
}

const NEVER = new AbortController().signal;

/** Creates the leases of this process, without any, and starts renewing. */
export function createLeases(boss: PgBoss, { leaseSeconds, maxLeaseSeconds, onError }: LeaseOptions): Leases {
  const beatMs = (leaseSeconds * 1000) / BEATS_PER_LEASE;
  const leases = new Map<string, HeldMessage>();
  const byJob = new Map<string, string>();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const attemptOf = ({ id, retryCount }: Message) => ({ id, retryCount });
  const drop = (messageId: string): HeldMessage | undefined => {
    const lease = leases.get(messageId);
    clearTimeout(lease?.expiry);
    leases.delete(messageId);
    return lease;
  };
  const touch = async (lease: HeldMessage): Promise<boolean> => {
    try {
      const response = await boss.touch(QUEUE, attemptOf(lease.message));
      if ((response as { affected?: number }).affected === 0 && drop(lease.message.id)) lease.lost.abort();
      return true;
    } catch (error) {
      onError(error);
      return false;
    }
  };
  const beat = async (): Promise<void> => {
    const answered = await Promise.all([...leases.values()].map(touch));
    schedule(answered.includes(false) ? RETRY_MS : beatMs);
  };
  const schedule = (waitMs: number): void => {
    clearTimeout(timer);
    if (closed) return;
    timer = setTimeout(() => void beat(), waitMs);
    timer.unref();
  };
  schedule(beatMs);

  const keep = (message: Message): void => {
    if (leases.has(message.id)) return;
    const expiring = new AbortController();
    const lastsMs = maxLeaseSeconds * 1000;
    const expiry = setTimeout(() => expiring.abort(), lastsMs - Math.min(CHECKPOINT_MS, lastsMs * CHECKPOINT_SHARE));
    expiry.unref();
    leases.set(message.id, { message, lost: new AbortController(), expiring, expiry });
  };
  const complete = async (message: Message): Promise<void> => {
    drop(message.id);
    // If this fails, the message is delivered again and finds no queued job.
    await boss.complete(QUEUE, attemptOf(message)).catch(onError);
  };
  return {
    keep,
    complete,
    start(jobId, message) {
      keep(message);
      byJob.set(jobId, message.id);
    },
    hold(jobId) {
      const id = byJob.get(jobId) ?? "";
      const lease = leases.get(id);
      return {
        lost: lease?.lost.signal ?? NEVER,
        expiring: lease?.expiring.signal ?? NEVER,
        async release(isStored) {
          if (byJob.get(jobId) === id) byJob.delete(jobId);
          if (!lease || !leases.has(id)) return;
          if (isStored) await complete(lease.message);
          else drop(id);
        },
      };
    },
    async giveBack(message) {
      drop(message.id);
      await boss.fail(QUEUE, attemptOf(message));
    },
    close() {
      closed = true;
      clearTimeout(timer);
      for (const id of leases.keys()) drop(id);
    },
  };
}
