/** What became of a webhook, and what is said of it in words. */

/** A webhook on its way, or what became of it. */
export interface WebhookDelivery {
  /** The message's `webhook-id`, the same at every try. */
  readonly id: string;
  readonly url: string;
  readonly state: "pending" | "delivered" | "failed";
  readonly attempts: readonly {
    readonly at: string;
    /** What the receiver answered; null when it did not. */
    readonly status: number | null;
    readonly error: string | null;
    readonly ms: number;
  }[];
  /** When it is tried next. */
  readonly next_at: string | null;
  readonly created_at: string;
  readonly finished_at: string | null;
}

/** What the last try came to; that there was none yet. */
export function lastTryText({ attempts }: WebhookDelivery): string {
  const last = attempts.at(-1);
  if (!last) return "not tried yet";
  const tries = attempts.length === 1 ? "" : `, ${attempts.length} tries`;
  return `${last.error ?? `answered ${last.status}`}${tries}`;
}
