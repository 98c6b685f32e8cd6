/** Sends the requests to the server that is measured, one at a time, and drops the answers. */
import { Client, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import type { MeasuredServer } from "./server.ts";

/** A request with its body. */
export interface Sent {
  readonly method?: string;
  readonly path: string;
  /** The method of a call over gRPC. */
  readonly call?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer> | undefined;
  /** Whether the text of the answer is wanted. */
  readonly wantsText?: boolean;
}

/** Of a call over gRPC, the status is that of HTTP that stands for success, or gRPC's code. */
export interface Answered {
  readonly status: number;
  readonly bytes: number;
  readonly text: string;
}

const MAX_MS = 60_000;

/** Returns status 0 where there is no answer. */
export async function send(
  { url, grpc }: Pick<MeasuredServer, "url" | "grpc">,
  key: string,
  { method = "GET", path, call, headers, body, wantsText = false }: Sent,
): Promise<Answered> {
  const authorization = `Bearer ${key}`;
  if (call) return callGrpc(grpc, call, authorization, Buffer.from(body as Uint8Array<ArrayBuffer>));
  try {
    const response = await fetch(url + path, {
      method,
      headers: { authorization, ...headers },
      body: body ?? null,
      signal: AbortSignal.timeout(MAX_MS),
    });
    let bytes = 0;
    const parts: Uint8Array[] = [];
    for await (const part of response.body ?? []) {
      bytes += part.byteLength;
      if (wantsText || response.status >= 400) parts.push(part);
    }
    return { status: response.status, bytes, text: Buffer.concat(parts).toString() };
  } catch (error) {
    return { status: 0, bytes: 0, text: String(error) };
  }
}

/** Calls a method with the bytes of a message. */
function callGrpc(address: string, path: string, authorization: string, message: Buffer): Promise<Answered> {
  const client = new Client(address, credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set("authorization", authorization);
  const asIs = (bytes: Buffer) => bytes;
  return new Promise((resolve) => {
    client.makeUnaryRequest(path, asIs, asIs, message, metadata, (error: ServiceError | null, answer?: Buffer) => {
      client.close();
      if (error) resolve({ status: error.code, bytes: error.details.length, text: error.details });
      else resolve({ status: 200, bytes: answer?.length ?? 0, text: "" });
    });
  });
}
