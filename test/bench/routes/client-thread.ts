/** Sends one request at a time for the thread that measures the server, and drops the answer. */
import { parentPort } from "node:worker_threads";

/** A request by its address; `authorization` is in the headers. */
export interface Asked {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer> | undefined;
  /** Whether the text of the answer is wanted. */
  readonly wantsText?: boolean;
}

export interface Answered {
  readonly status: number;
  readonly bytes: number;
  readonly text: string;
}

const MOST_MS = 60_000;

let asked: Asked | null = null;

// First the request, which takes long to hand over where its body is large, and then "send", as often as wanted.
parentPort?.on("message", async (message: Asked | "send") => {
  if (message !== "send") {
    asked = message;
    return parentPort?.postMessage("ready");
  }
  const { url, method, headers, body, wantsText = false } = asked as Asked;
  try {
    const signal = AbortSignal.timeout(MOST_MS);
    const response = await fetch(url, { method, headers, body: body ?? null, signal });
    let bytes = 0;
    const parts: Uint8Array[] = [];
    for await (const part of response.body ?? []) {
      bytes += part.byteLength;
      if (wantsText || response.status >= 400) parts.push(part);
    }
    parentPort?.postMessage({ status: response.status, bytes, text: Buffer.concat(parts).toString() } satisfies Answered);
  } catch (error) {
    parentPort?.postMessage({ status: 0, bytes: 0, text: String(error) } satisfies Answered);
  }
});
