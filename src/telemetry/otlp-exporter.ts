/**
 * Sends exports to a receiver of OTLP over HTTP, on a connection that stays open. It does not use `fetch`, which refuses a URL with a password
 * and repeats the password in its message. Knows no spans.
 */
import { Agent, type ClientRequest, type IncomingMessage, request } from "node:http";
import { Agent as TlsAgent, request as tlsRequest } from "node:https";
import type { TracingSettings } from "./tracing-settings.ts";

/** How long an export may take. */
const EXPORT_MS = 10_000;
/** Maximum bytes of an answer, whose body is discarded. The connection of a longer one is closed. */
const MAX_ANSWER_BYTES = 64 * 1024;

export interface OtlpExporter {
  /** Sends one export. Returns why it failed, without the secrets of the URL; null if the receiver accepted it. */
  send(body: Buffer): Promise<string | null>;
  /** Aborts the export in progress. */
  close(): void;
}

/** Creates an exporter. It connects when the first export is sent. */
export function createOtlpExporter({ url, headers }: Pick<TracingSettings, "url" | "headers">): OtlpExporter {
  const isSecure = url.startsWith("https:");
  const agent = new (isSecure ? TlsAgent : Agent)({ keepAlive: true, maxSockets: 1 });
  const start = isSecure ? tlsRequest : request;
  const closing = new AbortController();
  const attempt = (body: Buffer): Promise<Outcome> =>
    new Promise((resolve) => {
      const sent = start(url, {
        ...{ method: "POST", agent, signal: AbortSignal.any([closing.signal, AbortSignal.timeout(EXPORT_MS)]) },
        headers: { ...headers, "content-type": "application/json", "content-length": body.byteLength },
      });
      sent.on("response", (answer) => drain(sent, answer, resolve));
      // An upgrade that nobody asked for is neither an answer nor an error.
      sent.on("upgrade", (answer, socket) => {
        socket.destroy();
        drain(sent, answer, resolve);
      });
      sent.on("error", ({ name, code }: NodeJS.ErrnoException) => {
        const aborted = closing.signal.aborted ? "no answer before the stop" : `no answer within ${EXPORT_MS} ms`;
        const failure = name === "AbortError" ? aborted : (code ?? name);
        // The receiver closed the idle connection while this request was being sent.
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
        // The value of a header is invalid in HTTP. The message may contain it.
        return (error as NodeJS.ErrnoException).code ?? (error as Error).name;
      }
    },
    close() {
      closing.abort();
      agent.destroy();
    },
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
