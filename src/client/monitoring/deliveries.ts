/** A webhook delivery and its state in words. */

/** A webhook delivery, pending or ended. */
export interface WebhookDelivery {
  /** The message's `webhook-id`, the same at every try. */
  readonly id: string;
  readonly url: string;
  readonly state: "pending" | "delivered" | "failed";
  readonly attempts: readonly {
    readonly at: string;
    /** The receiver's response; null if there was none. */
    readonly status: number | null;
    readonly error: string | null;
    readonly ms: number;
  }[];
  /** When it is tried next. */
  readonly next_at: string | null;
  readonly created_at: string;
  readonly finished_at: string | null;
}

/** The result of the last attempt, or that there was none yet. */
export function lastTryText({ attempts }: WebhookDelivery): string {
  const last = attempts.at(-1);
  if (!last) return "not tried yet";
  const tries = attempts.length === 1 ? "" : `, ${attempts.length} tries`;
  return `${last.error ?? `answered ${last.status}`}${tries}`;
}
