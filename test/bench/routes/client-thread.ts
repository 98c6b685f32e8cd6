/** Sends one request at a time for the thread that measures the server, and drops the answer. */
import { parentPort } from "node:worker_threads";
import { Client, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";

/** A request by its address; `authorization` is in the headers. */
export interface Asked {
  /** Of a call over gRPC host:port, and the method instead of a path. */
  readonly url: string;
  readonly call?: string | undefined;
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
  const { url, call, method, headers, body, wantsText = false } = asked as Asked;
  if (call) return parentPort?.postMessage(await callGrpc(url, call, headers, Buffer.from(body as Uint8Array<ArrayBuffer>)));
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

/** Calls a method with the bytes of a message. The status is that of HTTP that stands for success; of a failure it is gRPC's code. */
function callGrpc(address: string, path: string, headers: Asked["headers"], message: Buffer): Promise<Answered> {
  const client = new Client(address, credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set("authorization", headers.authorization ?? "");
  const asIs = (bytes: Buffer) => bytes;
  return new Promise((resolve) => {
    client.makeUnaryRequest(path, asIs, asIs, message, metadata, (error: ServiceError | null, answer?: Buffer) => {
      client.close();
      if (error) resolve({ status: error.code, bytes: error.details.length, text: error.details });
      else resolve({ status: 200, bytes: answer?.length ?? 0, text: "" });
    });
  });
}
