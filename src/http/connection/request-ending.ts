/**
 * How each request ended: answered, or not. Fastify runs `onResponse` only for completely written answers; a client that leaves half-way,
 * and a stream of ours that breaks, end with the connection. Code that counts or logs requests is told of each exactly once.
 */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { ProjectServices } from "../../app/services.ts";
import { TrainyardError } from "../../domain/errors.ts";
import type { App } from "../context.ts";

/** `answered`; `left`: the client went away before an answer; `cut`: the connection ended within the answer. */
export type RequestEnding = "answered" | "left" | "cut";

/** Replaces the status of a request without an answer, as in nginx. */
const CLIENT_LEFT = 499;

/** The report on a request that ended. */
export interface EndedRequest {
  readonly ending: RequestEnding;
  /** Of the answer; 499 if the request had none, or only a part. */
  readonly status: number;
  readonly ms: number;
  /** The project of the request; null if nobody was admitted. */
  readonly project: string | null;
}

/** The services of a request whose work is useful to its client only: work in threads is dropped when the client leaves, over HTTP and gRPC. */
export function whileConnected(
  { services }: Pick<FastifyRequest, "services">,
  reply: Pick<FastifyReply, "raw">,
): ProjectServices {
  return { ...services, computePool: services.computePool.until(leftSignal(reply)) };
}

/** Called with how a request ended. */
type Listener = (request: FastifyRequest, reply: FastifyReply, how: EndedRequest) => void;

/** The listeners of a server: one set of hooks serves them all. */
const listenersOf = new WeakMap<App, Listener[]>();

/** Calls `ended` once for each request of routes that are added from now on. */
export function onRequestEnd(app: App, ended: Listener): void {
  const known = listenersOf.get(app);
  if (known) return void known.push(ended);
  const listeners = [ended];
  listenersOf.set(app, listeners);
  const told = new WeakSet<FastifyRequest>();
  const tell = (request: FastifyRequest, reply: FastifyReply, ending: RequestEnding): void => {
    if (told.has(request)) return;
    told.add(request);
    const status = ending === "answered" ? reply.statusCode : CLIENT_LEFT;
    const how = { ending, status, ms: reply.elapsedTime, project: request.project || null };
    for (const listener of listeners) listener(request, reply, how);
  };
  app.addHook("onRequest", (request, reply, done) => {
    // For a completely written answer, onResponse has run by then.
    reply.raw.once("close", () => {
      if (!reply.raw.writableFinished && !request.ws) tell(request, reply, reply.raw.headersSent ? "cut" : "left");
    });
    done();
  });
  app.addHook("onResponse", (request, reply, done) => {
    tell(request, reply, "answered");
    done();
  });
}

/** Returns a signal that aborts when the client leaves before its answer is written, with an error that says so. */
export function leftSignal({ raw }: Pick<FastifyReply, "raw">): AbortSignal {
  const left = new AbortController();
  const leave = () => {
    if (!raw.writableFinished) left.abort(new TrainyardError("unavailable", "the client left before its request was answered"));
  };
  if (raw.destroyed || raw.closed) leave();
  else raw.once("close", leave);
  return left.signal;
}
