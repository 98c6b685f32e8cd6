/**
 * Sends webhooks by the specification Standard Webhooks (standardwebhooks.com): one signed POST to a public address, without following
 * redirects, with limits on time and on the size of the response. Knows nothing of jobs and retries.
 */
import { createHmac } from "node:crypto";
import { type ClientRequest, type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { SendResult, WebhookMessage, WebhookSender } from "../domain/operation/webhook.ts";
import { assertPublic, ForbiddenAddress, publicLookup } from "./addresses.ts";
import { failOnUpgrade } from "./no-upgrade.ts";

export interface WebhookSenderOptions {
  /** Whether webhooks may go to private, loopback and reserved addresses. */
  readonly allowPrivate: boolean;
  /** Time limit of one attempt. */
  readonly timeoutMs: number;
  /** Resolves names; the resolver of the system when left out. */
  readonly lookup?: Parameters<typeof publicLookup>[0];
}

/** At most this much of a response is read; only its status counts. */
const MAX_ANSWER_BYTES = 64 * 1024;
const MAX_RETRY_AFTER_MS = 24 * 3600 * 1000;
const SECRET_PREFIX = "whsec_";
/** The receiver is gone for good: Standard Webhooks says to stop. */
const GONE = 410;

/** Creates the sender. */
export function createWebhookSender({ allowPrivate, timeoutMs, lookup }: WebhookSenderOptions): WebhookSender {
  const guard = allowPrivate ? undefined : publicLookup(lookup);
  return {
    async send(message, signal) {
      const url = new URL(message.url);
      try {
        if (guard) assertPublic(url.hostname);
        const enough = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
        const request = url.protocol === "https:" ? requestHttps : requestHttp;
        const options = { method: "POST", agent: false, signal: enough, headers: headersOf(message) } as const;
        return judge(await exchange(request(url, guard ? { ...options, lookup: guard } : options), message.body));
      } catch (error) {
        return failureOf(error, timeoutMs);
      }
    },
  };
}

/** The signature: `v1,` and the HMAC-SHA256 of id, time and body in base64. */
function signatureOf({ id, timestampS, body, secret }: Omit<WebhookMessage, "url">): string {
  const key = Buffer.from(secret.slice(SECRET_PREFIX.length), "base64");
  return `v1,${createHmac("sha256", key).update(`${id}.${timestampS}.${body}`).digest("base64")}`;
}

function headersOf(message: WebhookMessage): Record<string, string> {
  return {
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(message.body)),
    "user-agent": "Trainyard",
    "webhook-id": message.id,
    "webhook-timestamp": String(message.timestampS),
    "webhook-signature": signatureOf(message),
    ...(message.traceparent && { traceparent: message.traceparent }),
  };
}

/** Sends the request and reads the answer up to its limit. */
function exchange(request: ClientRequest, body: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    failOnUpgrade(request);
    request.on("error", reject);
    request.on("response", (response) => {
      let received = 0;
      response.on("data", (chunk: Buffer) => {
        received += chunk.length;
        if (received <= MAX_ANSWER_BYTES) return;
        resolve(response);
        request.destroy();
      });
      response.on("end", () => resolve(response));
      response.on("error", reject);
    });
    request.end(body);
  });
}

function judge({ statusCode: status = 0, headers }: IncomingMessage): SendResult {
  if (status >= 200 && status < 300) return { ok: true, status };
  const isRedirect = status >= 300 && status < 400;
  const error = isRedirect ? `answered ${status}, and redirects are not followed` : `answered ${status}`;
  return { ok: false, status, error, isFinal: status === GONE, retryAfterMs: retryAfterOf(headers["retry-after"]) };
}

/** Reads `Retry-After` in seconds; a date is ignored. */
function retryAfterOf(header: string | undefined): number | null {
  if (header === undefined || !/^\d{1,9}$/.test(header)) return null;
  return Math.min(Number(header) * 1000, MAX_RETRY_AFTER_MS);
}

function failureOf(error: unknown, timeoutMs: number): SendResult {
  const { name, message, code, cause } = error as NodeJS.ErrnoException & { cause?: unknown };
  const isTimeout = name === "TimeoutError" || (cause as Error | undefined)?.name === "TimeoutError";
  const said = isTimeout
    ? `no answer within ${timeoutMs} ms`
    : code && !message.includes(code)
      ? `${message} (${code})`
      : message;
  const isFinal = error instanceof ForbiddenAddress;
  return { ok: false, status: null, error: said.slice(0, 300), isFinal, retryAfterMs: null };
}
