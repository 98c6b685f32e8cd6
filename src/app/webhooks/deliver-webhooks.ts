/**
 * Deliver webhooks: takes what is due from the outbox, has it sent, and notes what came of it, until it was received or tried
 * often enough. At least once: what was sent and not noted is sent again.
 */
import { createHmac } from "node:crypto";
import type { AfterAttempt, Delivery, DeliveryAttempt, SendResult, WebhookSender } from "../../domain/operation/webhook.ts";
import type { Services } from "../services.ts";
import { singleFlight } from "../single-flight.ts";

export interface DeliveryOptions {
  readonly sender: WebhookSender;
  /** The secret of a project. */
  readonly secretOf: (project: string) => string;
  /** Tries before a delivery has failed. */
  readonly maxAttempts: number;
  /** Before the second try; twice as long before every further one. */
  readonly firstDelayMs: number;
  /** A claim lasts longer than any try. */
  readonly leaseMs: number;
  /** At the same time. */
  readonly concurrency?: number;
}

export interface Deliverer {
  /** Gives up what is under way: it is tried again after the next start. */
  stop(): Promise<void>;
}

const MAX_DELAY_MS = 2 * 3600 * 1000;
/** Hints about jobs come often, and few of them are ends: this is how often the outbox is looked at for them. */
const LOOK_MS = 200;
/** Without any hint it is looked at so often: another process may have put something in. */
const IDLE_LOOK_MS = 5000;

/** The secret of a project: the server's own for the default one, another for each other, so that none can sign for another. */
export function projectSecret(serverSecret: string, project: string): string {
  if (project === "default") return serverSecret;
  return `whsec_${createHmac("sha256", serverSecret).update(project).digest("base64")}`;
}

/**
 * How long to wait after so many tries: twice as long each time, up to a limit, and spread so that not all come at once.
 *
 * @internal Exported so that a test can choose the random number.
 */
export function delayAfter(attempts: number, firstDelayMs: number, random: number): number {
  const delay = Math.min(MAX_DELAY_MS, firstDelayMs * 2 ** Math.min(attempts - 1, 40));
  return Math.round(delay * (0.5 + random));
}

/** Starts delivering. */
export function startDeliverer(services: Services, options: DeliveryOptions): Deliverer {
  const { store, bus, log } = services;
  const { concurrency = 8, leaseMs } = options;
  const stopping = new AbortController();
  const sending = new Set<Promise<void>>();
  let timer: NodeJS.Timeout | undefined;
  let timerAt = Number.POSITIVE_INFINITY;

  const look = singleFlight(async () => {
    const room = concurrency - sending.size;
    if (stopping.signal.aborted || room <= 0) return;
    const due = await nextAt();
    if (due === null || due > Date.now()) return lookAt(due ?? Number.POSITIVE_INFINITY);
    for (const delivery of await store.deliveries.claim(Date.now(), room, leaseMs)) {
      const sent = deliver(services, options, delivery, stopping.signal).finally(() => {
        sending.delete(sent);
        wake();
      });
      sending.add(sent);
    }
    lookAt((await nextAt()) ?? Number.POSITIVE_INFINITY);
  });
  const nextAt = () => store.deliveries.nextAt();
  /** Looks at that time, or when it is looked at anyway. */
  const lookAt = (at: number): void => {
    const soonest = Math.min(Math.max(at, Date.now()), Date.now() + IDLE_LOOK_MS);
    if (stopping.signal.aborted || timerAt <= soonest) return;
    clearTimeout(timer);
    timerAt = soonest;
    timer = setTimeout(wake, soonest - Date.now());
    timer.unref();
  };
  const wake = (): void => {
    clearTimeout(timer);
    timerAt = Number.POSITIVE_INFINITY;
    look().catch((err: unknown) => {
      log.error({ err }, "cannot look for webhooks");
      lookAt(Date.now() + IDLE_LOOK_MS);
    });
  };

  const unsubscribe = bus.subscribeAll(() => lookAt(Date.now() + LOOK_MS));
  wake();
  return {
    async stop() {
      stopping.abort();
      unsubscribe();
      clearTimeout(timer);
      await look().catch(() => undefined);
      await Promise.all(sending);
    },
  };
}

async function deliver(
  { store, log }: Services,
  options: DeliveryOptions,
  delivery: Delivery,
  stopping: AbortSignal,
): Promise<void> {
  const { sender, secretOf } = options;
  const { id, url, body, jobId } = delivery;
  const at = Date.now();
  const startedAt = performance.now();
  const message = { id, url, body, secret: secretOf(delivery.project), timestampS: Math.floor(at / 1000) };
  const result = await sender.send(message, stopping);
  // Broken off by us: whether it was received is not known, and the next start sends it again.
  if (!result.ok && stopping.aborted) return;
  const ms = Math.round(performance.now() - startedAt);
  const attempt: DeliveryAttempt = { at, status: result.status, error: result.ok ? null : result.error, ms };
  const after = afterwards(delivery, result, options);
  try {
    await store.deliveries.recordAttempt(id, attempt, after);
  } catch (err) {
    log.error({ err, delivery_id: id }, "what came of a webhook cannot be stored: it is sent again");
    return;
  }
  // The address alone: paths and queries of webhooks have secrets in them.
  const fields = { delivery_id: id, job_id: jobId, host: new URL(url).host, status: attempt.status, ms, state: after.state };
  if (result.ok) log.info(fields, "webhook delivered");
  else log.warn({ ...fields, error: result.error }, "webhook not delivered");
}

function afterwards({ attempts }: Delivery, result: SendResult, options: DeliveryOptions): AfterAttempt {
  const now = Date.now();
  if (result.ok) return { state: "delivered", finishedAt: now };
  const tries = attempts.length + 1;
  if (result.isFinal || tries >= options.maxAttempts) return { state: "failed", finishedAt: now };
  const delay = Math.max(delayAfter(tries, options.firstDelayMs, Math.random()), result.retryAfterMs ?? 0);
  return { state: "pending", nextAt: now + delay };
}
