/** Webhooks: the message that is sent when a job ends, and the record of every attempt. Knows nothing of HTTP or databases. */
import type { Job } from "../jobs/job.ts";
import { toWire } from "../metrics/metric.ts";
import type { Page, PageRequest } from "../page.ts";

export const DELIVERY_STATES = ["pending", "delivered", "failed"] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** One attempt: the response's status, or why there was none. */
export interface DeliveryAttempt {
  readonly at: number;
  readonly status: number | null;
  /** Null for a successful attempt. */
  readonly error: string | null;
  readonly ms: number;
}

/** A webhook delivery, pending or ended. Its id is the message's id, the same for every attempt. */
export interface Delivery {
  readonly id: string;
  readonly jobId: string;
  readonly project: string;
  readonly url: string;
  /** The exact text that is signed and sent. */
  readonly body: string;
  readonly state: DeliveryState;
  readonly attempts: readonly DeliveryAttempt[];
  /** The time of the next attempt; null if there is none. */
  readonly nextAt: number | null;
  readonly createdAt: number;
  readonly finishedAt: number | null;
}

/** The state of a delivery after an attempt. */
export type AfterAttempt =
  | { readonly state: "pending"; readonly nextAt: number }
  | { readonly state: "delivered" | "failed"; readonly finishedAt: number };

/** The receiver's response. `isFinal`: a retry would not help. */
export type SendResult =
  | { readonly ok: true; readonly status: number }
  | {
      readonly ok: false;
      readonly status: number | null;
      readonly error: string;
      readonly isFinal: boolean;
      /** The delay that the receiver requests before a retry. */
      readonly retryAfterMs: number | null;
    };

/** A message, signed with `secret`, which has the format `whsec_...` of Standard Webhooks. */
export interface WebhookMessage {
  readonly id: string;
  readonly url: string;
  readonly body: string;
  readonly secret: string;
  /** Seconds since 1970, which are also signed. */
  readonly timestampS: number;
  /** The span that sends it, for the receiver; not signed. Left out if nothing is traced. */
  readonly traceparent?: string;
}

/** Sends webhooks over the network. */
export interface WebhookSender {
  /** Sends a message. Never rejects; aborting gives up immediately. */
  send(message: WebhookMessage, signal: AbortSignal): Promise<SendResult>;
}

/** Stores webhook deliveries. The transaction that ends a job inserts them. Times are epoch milliseconds. */
export interface DeliveryStore {
  /** Claims at most `limit` due deliveries for `leaseMs`, during which nobody else can claim them. */
  claim(now: number, limit: number, leaseMs: number): Promise<Delivery[]>;
  /** Records an attempt, and the state of the delivery after it. */
  recordAttempt(id: string, attempt: DeliveryAttempt, after: AfterAttempt): Promise<void>;
  /** Returns when the next delivery is due; null if there is none. */
  nextAt(): Promise<number | null>;
  /** Lists the deliveries of a job, newest first. Empty for an unknown job. */
  list(jobId: string, page: PageRequest): Promise<Page<Delivery>>;
  /** Releases all claims; the deliveries are due from `at`. For the start of the only process that uses the database. */
  releaseAll(at: number): Promise<void>;
  /** Deletes at most `limit` deliveries that ended before a time. Returns their number. */
  deleteEnded(before: number, limit: number): Promise<number>;
}

/** Stores signing secrets by name. */
export interface SecretStore {
  /** Returns the secret of this name, and stores `value` if there is none. */
  getOrCreate(name: string, value: string): Promise<string>;
}

/**
 * Creates the message of an ended job: `type` is "job.succeeded", "job.failed" or "job.cancelled", and `data` has the members of
 * an ended job's representation.
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
  // Epochs, counts and versions are finite, so only metrics can become strings.
  const wired = (_: string, value: unknown) => (typeof value === "number" ? toWire(value) : value);
  return JSON.stringify({ type: `job.${job.state}`, timestamp: endedAt, data }, wired);
}

function isoTime(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
