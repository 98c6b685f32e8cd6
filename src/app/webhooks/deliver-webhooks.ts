/**
 * Delivers webhooks: claims due deliveries from the outbox, sends them, and records each attempt, until a delivery was received
 * or has failed `maxAttempts` times. Delivery is at least once: if an attempt was sent but not recorded, it is sent again.
 */
import { createHmac } from "node:crypto";
import { causeOf, type Span } from "../../domain/operation/tracing.ts";
import type { AfterAttempt, Delivery, DeliveryAttempt, SendResult, WebhookSender } from "../../domain/operation/webhook.ts";
import type { Services } from "../services.ts";
import { singleFlight } from "../single-flight.ts";

export interface DeliveryOptions {
  readonly sender: WebhookSender;
  /** Returns the signing secret of a project. */
  readonly secretOf: (project: string) => string;
  /** Number of attempts after which a delivery has failed. */
  readonly maxAttempts: number;
  /** Delay before the second attempt; it doubles before every further one. */
  readonly firstDelayMs: number;
  /** Duration of a claim; longer than any attempt. */
  readonly leaseMs: number;
  /** Maximum number of deliveries sent at the same time. Default: 8. */
  readonly concurrency?: number;
}

export interface Deliverer {
  /** Aborts the requests under way; they are sent again after the next start. */
  stop(): Promise<void>;
}

const MAX_DELAY_MS = 2 * 3600 * 1000;
/** Delay of a poll of the outbox after a hint: hints about jobs come often, and few of them mean that a job has ended. */
const POLL_MS = 200;
/** Interval between polls without hints: another process may have added deliveries. */
const IDLE_POLL_MS = 5000;

/**
 * Returns the signing secret of a project: the server's own for the default project, a derived one for every other, so that no
 * project can sign for another.
 */
export function projectSecret(serverSecret: string, project: string): string {
  if (project === "default") return serverSecret;
  return `whsec_${createHmac("sha256", serverSecret).update(project).digest("base64")}`;
}

/**
 * Returns the delay in milliseconds after a number of attempts: it doubles each time, up to a limit, and has jitter so that
 * deliveries do not all come at once. `random` is in 0..1.
 *
 * @internal Exported so that a test can choose the random number.
 */
export function delayAfter(attempts: number, firstDelayMs: number, random: number): number {
  const delay = Math.min(MAX_DELAY_MS, firstDelayMs * 2 ** Math.min(attempts - 1, 40));
  return Math.round(delay * (0.5 + random));
}

/** Starts delivering webhooks. */
export function startDeliverer(services: Services, options: DeliveryOptions): Deliverer {
  const { store, bus, log } = services;
  const { concurrency = 8, leaseMs } = options;
  const stopping = new AbortController();
  const sending = new Set<Promise<void>>();
  let timer: NodeJS.Timeout | undefined;
  let timerAt = Number.POSITIVE_INFINITY;

  const poll = singleFlight(async () => {
    const room = concurrency - sending.size;
    if (stopping.signal.aborted || room <= 0) return;
    const due = await nextAt();
    if (due === null || due > Date.now()) return pollAt(due ?? Number.POSITIVE_INFINITY);
    for (const delivery of await store.deliveries.claim(Date.now(), room, leaseMs)) {
      const sent = deliver(services, options, delivery, stopping.signal).finally(() => {
        sending.delete(sent);
        wake();
      });
      sending.add(sent);
    }
    pollAt((await nextAt()) ?? Number.POSITIVE_INFINITY);
  });
  const nextAt = () => store.deliveries.nextAt();
  /** Schedules a poll at a time, or at the next idle poll if that comes first. */
  const pollAt = (at: number): void => {
    const soonest = Math.min(Math.max(at, Date.now()), Date.now() + IDLE_POLL_MS);
    if (stopping.signal.aborted || timerAt <= soonest) return;
    clearTimeout(timer);
    timerAt = soonest;
    timer = setTimeout(wake, soonest - Date.now());
    timer.unref();
  };
  const wake = (): void => {
    clearTimeout(timer);
    timerAt = Number.POSITIVE_INFINITY;
    poll().catch((err: unknown) => {
      log.error({ err }, "cannot poll for due webhooks");
      pollAt(Date.now() + IDLE_POLL_MS);
    });
  };

  const unsubscribe = bus.subscribeAll(() => pollAt(Date.now() + POLL_MS));
  wake();
  return {
    async stop() {
      stopping.abort();
      unsubscribe();
      clearTimeout(timer);
      await poll().catch(() => undefined);
      await Promise.all(sending);
    },
  };
}

async function deliver(services: Services, options: DeliveryOptions, delivery: Delivery, stopping: AbortSignal): Promise<void> {
  const { store, log } = services;
  const { sender, secretOf } = options;
  const { id, url, body, jobId } = delivery;
  const at = Date.now();
  const startedAt = performance.now();
  const span = await startSendSpan(services, delivery);
  const signed = { id, url, body, secret: secretOf(delivery.project), timestampS: Math.floor(at / 1000) };
  const message = span ? { ...signed, traceparent: span.traceparent } : signed;
  const result = await sender.send(message, stopping);
  span?.end({
    ...(result.status !== null && { attributes: { "http.response.status_code": result.status } }),
    errorType: result.ok ? null : String(result.status ?? "no_answer"),
  });
  // Aborted by `stop`: whether it was received is unknown, so the next start sends it again.
  if (!result.ok && stopping.aborted) return;
  const ms = Math.round(performance.now() - startedAt);
  const attempt: DeliveryAttempt = { at, status: result.status, error: result.ok ? null : result.error, ms };
  const after = afterwards(delivery, result, options);
  try {
    await store.deliveries.recordAttempt(id, attempt, after);
  } catch (err) {
    log.error({ err, delivery_id: id }, "cannot record a webhook attempt: it will be sent again");
    return;
  }
  // Log the host only: paths and queries of webhooks contain secrets.
  const fields = { delivery_id: id, job_id: jobId, host: new URL(url).host, status: attempt.status, ms, state: after.state };
  if (result.ok) log.info(fields, "webhook delivered");
  else log.warn({ ...fields, error: result.error }, "webhook not delivered");
}

/**
 * Starts the span of an attempt, under the last change of the job; null if nothing is traced. It names the host only: paths and queries of
 * webhooks contain secrets.
 */
async function startSendSpan({ store, tracing }: Services, { url, jobId, project }: Delivery): Promise<Span | null> {
  if (!tracing.isOn) return null;
  const job = await store.jobs.get(jobId).catch(() => null);
  const { hostname, port, protocol } = new URL(url);
  const attributes = {
    "http.request.method": "POST",
    "server.address": hostname,
    "server.port": Number(port) || (protocol === "https:" ? 443 : 80),
    "url.scheme": protocol.slice(0, -1),
    "trainyard.job.id": jobId,
    "trainyard.project": project,
  };
  return tracing.start("POST", { kind: "client", parent: job && causeOf(job), attributes });
}

function afterwards({ attempts }: Delivery, result: SendResult, options: DeliveryOptions): AfterAttempt {
  const now = Date.now();
  if (result.ok) return { state: "delivered", finishedAt: now };
  const tries = attempts.length + 1;
  if (result.isFinal || tries >= options.maxAttempts) return { state: "failed", finishedAt: now };
  const delay = Math.max(delayAfter(tries, options.firstDelayMs, Math.random()), result.retryAfterMs ?? 0);
  return { state: "pending", nextAt: now + delay };
}
