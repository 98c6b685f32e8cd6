/** Builds the messages of the queue, and their options for pg-boss. */
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

/** The time from which priorities count seconds, so that they fit into 32 bits until 2093. */
const EPOCH_MS = Date.UTC(2025, 0, 1);
/** How long an unclaimed message is kept: longer than any job waits. */
const RETENTION_SECONDS = 10 * 365 * 86_400;
/** How long a completed message is kept, so that the queue can be inspected. */
const COMPLETED_SECONDS = 3600;
/** High, because pg-boss also counts lost leases and jobs that did not fit; the jobs table counts the retries of a job. */
const RETRY_LIMIT = 1_000_000;

/** Returns the content of the message of a queued job. */
export function messageOf({ job, queueKey }: QueueEntry): MessageData {
  return { job: job.id, memory_bytes: job.memoryBytes, queued_at: queueKey + job.spec.priority * 60_000 };
}

/** Returns the options with which the message is sent. */
export function messageOptions({ job, queueKey, notBefore }: QueueEntry, times: LeaseTimes): SendOptions {
  return {
    priority: priorityOf(queueKey, job.attempt),
    // Only names the job: under the policy of this queue, pg-boss does not use the key to reject a second message.
    singletonKey: job.id,
    group: { id: job.project },
    heartbeatSeconds: times.leaseSeconds,
    expireInSeconds: times.maxLeaseSeconds,
    retentionSeconds: RETENTION_SECONDS,
    deleteAfterSeconds: COMPLETED_SECONDS,
    retryLimit: RETRY_LIMIT,
    retryDelay: 1,
    ...(notBefore !== null && { startAfter: new Date(notBefore) }),
  };
}

/**
 * Returns the priority of a message. All jobs rise at the same rate while they wait, so their order is that of a constant
 * number. It counts whole seconds; among the jobs of one second, a requeued job goes before new ones.
 *
 * @internal Exported for a test of the order, and of PostgreSQL's integer range.
 */
export function priorityOf(queueKey: number, attempt: number): number {
  return Math.min(attempt, 1) - Math.floor((queueKey - EPOCH_MS) / 1000);
}
