/** The messages of the queue, and their options for pg-boss. */
import type { JobWithMetadata, SendOptions } from "pg-boss";
import type { QueueEntry } from "../domain/jobs/queue.ts";

export const QUEUE = "train";

export interface MessageData {
  readonly job: string;
  readonly memory_bytes: number;
  /** When the job was submitted, in epoch milliseconds. */
  readonly queued_at: number;
}

export type Message = JobWithMetadata<MessageData>;

export interface LeaseTimes {
  readonly leaseSeconds: number;
  readonly maxLeaseSeconds: number;
}

/** Seconds of priorities are counted from here, so that they fit into 32 bits until 2093. */
const EPOCH_MS = Date.UTC(2025, 0, 1);
/** How long an unclaimed message is kept: longer than anybody waits. */
const RETENTION_SECONDS = 10 * 365 * 86_400;
/** How long a completed message is kept, for those who inspect the queue. */
const SETTLED_SECONDS = 3600;
/** A message returns when its lease was lost or its job did not fit: the jobs table counts retries, not pg-boss. */
const RETRY_LIMIT = 1_000_000;

/** The content of the message of a queued job. */
export function messageOf({ job, queueKey }: QueueEntry): MessageData {
  return { job: job.id, memory_bytes: job.memoryBytes, queued_at: queueKey + job.spec.priority * 60_000 };
}

/** The options that it is sent with. */
export function messageOptions({ job, queueKey, notBefore }: QueueEntry, times: LeaseTimes): SendOptions {
  return {
    priority: priorityOf(queueKey, job.attempt),
    // Names the job only: under the policy of this queue, pg-boss does not use the key to reject a second message.
    singletonKey: job.id,
    group: { id: job.project },
    heartbeatSeconds: times.leaseSeconds,
    expireInSeconds: times.maxLeaseSeconds,
    retentionSeconds: RETENTION_SECONDS,
    deleteAfterSeconds: SETTLED_SECONDS,
    retryLimit: RETRY_LIMIT,
    retryDelay: 1,
    ...(notBefore !== null && { startAfter: new Date(notBefore) }),
  };
}

/**
 * The priority of a message. All jobs rise at the same pace while they wait, so their order is that of a number which never
 * changes. It counts whole seconds: among the jobs of one second, one that comes back goes before the new ones.
 *
 * @internal Exported for a test of the order, and of PostgreSQL's integer range.
 */
export function priorityOf(queueKey: number, attempt: number): number {
  return Math.min(attempt, 1) - Math.floor((queueKey - EPOCH_MS) / 1000);
}
