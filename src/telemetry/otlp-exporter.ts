/**
 * Sends exports to a receiver of OTLP over HTTP, on a connection that stays open. `fetch` refuses an address with a password, in words that repeat
 * it. Knows no spans.
 */
import { Agent, type ClientRequest, type IncomingMessage, request } from "node:http";
import { Agent as TlsAgent, request as tlsRequest } from "node:https";
import type { TracingSettings } from "./tracing-settings.ts";

/** How long an export may take. */
const EXPORT_MS = 10_000;
/** Most bytes of an answer, which nobody reads: the connection of a longer one is given up. */
const MAX_ANSWER_BYTES = 64 * 1024;

export interface OtlpExporter {
  /** Sends one export. Returns why it failed, without what is secret of the address; null where the receiver took it. */
  send(body: Buffer): Promise<string | null>;
  /** Gives up what is under way. */
  close(): void;
}

/** Opens the way to a receiver; it is connected to when something is sent. */
export function createOtlpExporter({ url, headers }: Pick<TracingSettings, "url" | "headers">): OtlpExporter {
  const isSecure = url.startsWith("https:");
  const agent = new (isSecure ? TlsAgent : Agent)({ keepAlive: true, maxSockets: 1 });
  const start = isSecure ? tlsRequest : request;
  const attempt = (body: Buffer): Promise<Outcome> =>
    new Promise((resolve) => {
      const sent = start(url, {
        ...{ method: "POST", agent, signal: AbortSignal.timeout(EXPORT_MS) },
        headers: { ...headers, "content-type": "application/json", "content-length": body.byteLength },
      });
      sent.on("response", (answer) => drain(sent, answer, resolve));
      sent.on("error", ({ name, code }: NodeJS.ErrnoException) => {
        const failure = name === "AbortError" ? `no answer within ${EXPORT_MS} ms` : (code ?? name);
        // The receiver has closed a connection that was idle, while this was on its way.
        resolve({ failure, isStale: sent.reusedSocket && code === "ECONNRESET" });
      });
      sent.end(body);
    });
  return {
    async send(body) {
      try {
        const first = await attempt(body);
        return (first.isStale ? await attempt(body) : first).failure;
      } catch (error) {
        // A header that HTTP has not. The message may say what is in it.
        return (error as NodeJS.ErrnoException).code ?? (error as Error).name;
      }
    },
    close: () => agent.destroy(),
  };
}

interface Outcome {
  readonly failure: string | null;
  readonly isStale: boolean;
}

/** Reads an answer to its end, so that its connection can be used again. */
function drain(sent: ClientRequest, answer: IncomingMessage, resolve: (outcome: Outcome) => void): void {
  const { statusCode = 0 } = answer;
  const failure = statusCode >= 200 && statusCode < 300 ? null : `the receiver answered ${statusCode}`;
  let bytes = 0;
  answer.on("data", (chunk: Buffer) => {
    bytes += chunk.byteLength;
    if (bytes > MAX_ANSWER_BYTES) sent.destroy();
  });
  answer.on("error", () => undefined);
  answer.on("close", () => resolve({ failure, isStale: false }));
}
