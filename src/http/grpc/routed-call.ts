/** Answers one message by a request to the HTTP routes within this process. Knows no status of gRPC. */
import { Readable } from "node:stream";
import { TrainyardError } from "../../domain/errors.ts";
import type { RoutedRequest } from "../../domain/protocols/routed-request.ts";
import { PARSED_HERE_BYTES } from "../connection/body.ts";
import type { App } from "../context.ts";
import { STATUS_OF } from "../errors/problem.ts";
import type { Call, HttpAnswer, MessageReader } from "./calls.ts";

/** What answers the calls. */
export interface Answering {
  readonly app: App;
  /** Read long messages, each in its project's turn. */
  readonly threads: MessageReader & { ofProject(project: string): MessageReader };
}

/** What is asked for a long message without a valid key: it is not read, and the route refuses and counts it. */
const UNREAD: RoutedRequest = { method: "POST", url: "/v2/models/unread/infer" };

/** The parts of a call, besides its message, that reach the routes. */
export interface Caller {
  readonly path: string;
  /** As gRPC names it: host:port. */
  readonly peer: string;
  /** HTTP headers, from its metadata. */
  readonly headers: Readonly<Record<string, string>>;
  /** Aborts when the client has gone. Each message needs its own signal, because listeners are not removed. */
  readonly signal: AbortSignal;
}

export type Outcome =
  | { readonly ok: true; readonly bytes: Uint8Array<ArrayBuffer>; readonly headers: HttpAnswer["headers"] }
  | { readonly ok: false; readonly status: number; readonly details: string; readonly headers: HttpAnswer["headers"] };

/** Answers a message; null if the client has gone. Never rejects. */
export async function answerMessage(
  answering: Answering,
  call: Call,
  message: Uint8Array,
  { path, peer, headers: passedOn, signal }: Caller,
): Promise<Outcome | null> {
  const { app } = answering;
  try {
    const { method, url, headers, payload } = await read(answering, call, message, passedOn.authorization);
    if (signal.aborted) return null;
    const body = payload && bodyUntil(signal, payload);
    const answer = await app.inject({
      method,
      url,
      headers: { ...passedOn, ...headers, ...(payload && { "content-length": String(payload.length) }) },
      remoteAddress: hostOf(peer),
      signal,
      ...(body && { payload: body }),
    });
    const written = call.answer(answer);
    if (written) return { ok: true, bytes: written, headers: answer.headers };
    return { ok: false, status: answer.statusCode, details: errorIn(answer), headers: answer.headers };
  } catch (error) {
    if (signal.aborted) return null;
    if (error instanceof TrainyardError)
      return { ok: false, status: STATUS_OF[error.code], details: error.message, headers: {} };
    // Rethrowing it would end the process.
    app.log.error({ err: error, call: path }, "a call over gRPC failed");
    return { ok: false, status: 500, details: "internal error; see the server log", headers: {} };
  }
}

/** Reads a message: a long one only for a project, because that takes a thread. */
async function read(
  { app, threads }: Answering,
  call: Call,
  message: Uint8Array,
  authorization: string | undefined,
): Promise<RoutedRequest> {
  if (message.length <= PARSED_HERE_BYTES) return call.ask(message, threads);
  const principal = await app.principalOf(authorization);
  return principal ? call.ask(message, threads.ofProject(principal.project)) : UNREAD;
}

/**
 * The body of a request within the process, whose response closes when the signal aborts. The request itself listens to its signal only
 * until its body is read; an error of its body reaches it at any time.
 */
function bodyUntil(signal: AbortSignal, bytes: Uint8Array): Readable {
  const body = new Readable({
    autoDestroy: false,
    read() {
      this.push(bytes);
      this.push(null);
    },
  });
  signal.addEventListener("abort", () => body.destroy(new Error("the call was cancelled")));
  return body;
}

function errorIn({ rawPayload }: HttpAnswer): string {
  // In the format of the protocol, or in our own if none of its routes answered.
  const { error, detail } = JSON.parse(rawPayload.toString("utf8")) as { readonly error?: string; readonly detail?: string };
  return error ?? detail ?? "the request failed";
}

/** The address of a peer without its port. */
function hostOf(peer: string): string {
  return peer.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
}
