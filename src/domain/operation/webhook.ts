/** Webhooks: what is sent when a job ends, and the record of every try. Knows nothing of HTTP and of databases. */
import type { Job } from "../jobs/job.ts";
import { toWire } from "../metrics/metric.ts";
import type { Page, PageRequest } from "../page.ts";

export const DELIVERY_STATES = ["pending", "delivered", "failed"] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** One try: the status that was answered, or why there was none. */
export interface DeliveryAttempt {
  readonly at: number;
  readonly status: number | null;
  /** Null for a try that succeeded. */
  readonly error: string | null;
  readonly ms: number;
}

/** A webhook on its way, or what became of it. Its id is the message's: the same at every try. */
export interface Delivery {
  readonly id: string;
  readonly jobId: string;
  readonly project: string;
  readonly url: string;
  /** The very text that is signed and sent. */
  readonly body: string;
  readonly state: DeliveryState;
  readonly attempts: readonly DeliveryAttempt[];
  /** When it is tried next; null when it is not any more. */
  readonly nextAt: number | null;
  readonly createdAt: number;
  readonly finishedAt: number | null;
}

/** Where a delivery goes after a try. */
export type AfterAttempt =
  | { readonly state: "pending"; readonly nextAt: number }
  | { readonly state: "delivered" | "failed"; readonly finishedAt: number };

/** What the receiver said. `isFinal`: trying again would be no use. */
export type SendResult =
  | { readonly ok: true; readonly status: number }
  | {
      readonly ok: false;
      readonly status: number | null;
      readonly error: string;
      readonly isFinal: boolean;
      /** How long the receiver wants to be left alone. */
      readonly retryAfterMs: number | null;
    };

/** What is sent: signed with `secret`, in the form `whsec_...` of Standard Webhooks. */
export interface WebhookMessage {
  readonly id: string;
  readonly url: string;
  readonly body: string;
  readonly secret: string;
  /** Seconds since 1970, which are signed too. */
  readonly timestampS: number;
}

/** Sends webhooks over the network. */
export interface WebhookSender {
  /** Never rejects; aborting gives up at once. */
  send(message: WebhookMessage, signal: AbortSignal): Promise<SendResult>;
}

/** Deliveries of webhooks. The transaction that ends a job inserts them. Times are epoch milliseconds. */
export interface DeliveryStore {
  /** Takes at most `limit` deliveries that are due, and keeps others from them for `leaseMs`. */
  claim(now: number, limit: number, leaseMs: number): Promise<Delivery[]>;
  /** Records an attempt, and where the delivery goes after it. */
  recordAttempt(id: string, attempt: DeliveryAttempt, after: AfterAttempt): Promise<void>;
  /** When the next one is due; null when there is none. */
  nextAt(): Promise<number | null>;
  /** Those of a job, newest first. Empty for an unknown job. */
  list(jobId: string, page: PageRequest): Promise<Page<Delivery>>;
  /** Frees whatever was claimed, to be tried from `at` on. For the start of the one process that uses the database. */
  releaseAll(at: number): Promise<void>;
  /** Deletes deliveries that ended before a time, at most `limit`. Returns how many. */
  deleteEnded(before: number, limit: number): Promise<number>;
}

/** Secrets that sign, by name. */
export interface SecretStore {
  /** The secret of this name: `value`, unless there is one already. */
  getOrCreate(name: string, value: string): Promise<string>;
}

/**
 * The message of a job that has ended: `type` is "job.succeeded", "job.failed" or "job.cancelled", and `data` has those
 * members of the job's representation that an ended job has.
 */
export function webhookBody(job: Job): string {
  const endedAt = isoTime(job.finishedAt) ?? isoTime(job.createdAt);
  const data = {
    id: job.id,
    name: job.name,
    state: job.state,
    reason: job.transitions.at(-1)?.reason ?? "",
    attempt: job.attempt,
    epochs_done: job.epochsDone,
    created_at: isoTime(job.createdAt),
    started_at: isoTime(job.startedAt),
    finished_at: isoTime(job.finishedAt),
    error: job.error,
    metrics: job.metrics,
    score: job.score,
    model: job.model,
  };
  // Epochs, counts and versions are finite: only metrics can become strings.
  const wired = (_: string, value: unknown) => (typeof value === "number" ? toWire(value) : value);
  return JSON.stringify({ type: `job.${job.state}`, timestamp: endedAt, data }, wired);
}

function isoTime(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
