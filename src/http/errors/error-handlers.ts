/**
 * Answers requests that fail: one function for every protocol; protocols differ only in how they write a problem. Internal errors are
 * logged in full, and only there.
 */
import type { FastifyReply, FastifyRequest } from "fastify";
import { drainRequest } from "../connection/connections.ts";
import { Replay, secretShown, sendReplay } from "../connection/idempotency.ts";
import type { App } from "../context.ts";
import { nearPath } from "./near-path.ts";
import {
  isOutOfDescriptors,
  PROBLEM_TYPE,
  type Problem,
  ProtocolError,
  RETRY_AFTER_S,
  STATUS_OF,
  toProblem,
} from "./problem.ts";

/** How a protocol writes an error. */
export interface ErrorFormat {
  /** The content type of the body. */
  readonly contentType: string;
  /** The status and the JSON body for a problem. */
  readonly write: (problem: Problem) => { readonly status: number; readonly body: object };
}

/** The format of Trainyard's own API: the problem document of RFC 9457. */
const PROBLEM_DOCUMENT: ErrorFormat = {
  contentType: PROBLEM_TYPE,
  write: (problem) => ({ status: problem.status, body: problem }),
};

/**
 * Answers every error, unknown paths and wrong methods with a problem document, or in the format that `formatOf` has for a path.
 * Call it before routes are added. An unknown path may belong to the page: `answerVisit` returns whether it has answered.
 */
export function answerErrors(
  app: App,
  answerVisit: (request: FastifyRequest, reply: FastifyReply) => boolean,
  formatOf: (path: string) => ErrorFormat | undefined,
): void {
  const { methodsOf, urls } = rememberRoutes(app);
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply));
  app.setNotFoundHandler(async (request, reply) => {
    const path = request.url.split("?", 1)[0] ?? "";
    const allowed = methodsOf(path);
    if (allowed.length === 0) {
      drainRequest(request, reply);
      if (answerVisit(request, reply)) return reply;
    }
    // Only the method is right: its own route found no file of this name.
    const answer = (error: ProtocolError) => answerError(error, request, reply, formatOf(path));
    if (allowed.length === 0 || allowed.includes(request.method))
      return answer(new ProtocolError("not_found", nothingAt(path, allowed.length === 0 ? urls : [])));
    reply.header("allow", allowed.join(", "));
    return answer(new ProtocolError("method_not_allowed", `${path} accepts ${allowed.join(", ")}, not ${request.method}`));
  });
}

/** Content types of bodies; each route accepts some of them. */
const BODY_TYPES = ["application/json", "text/csv", "application/x-ndjson", "application/octet-stream"] as const;

/**
 * Answers a request with an error, in the format of its protocol, or with the stored answer if a Replay was thrown. Drains the rest of the
 * request first: an answer to a client that is still sending may be lost when the connection closes.
 */
export async function answerError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  format: ErrorFormat = PROBLEM_DOCUMENT,
): Promise<FastifyReply> {
  drainRequest(request, reply);
  if (error instanceof Replay && error.answer.status !== 0) return sendReplay(reply, error.answer);
  const cause = error instanceof Replay ? secretShown() : error;
  const problem = toProblem(cause, {
    requestId: request.id,
    bodyLimit: request.routeOptions?.bodyLimit ?? 0,
    contentType: request.headers["content-type"],
    acceptedTypes: BODY_TYPES.filter((type) => request.server.hasContentTypeParser(type)),
  });
  if (problem.status === STATUS_OF.internal) request.log.error({ err: cause }, "request failed");
  else if (isOutOfDescriptors(cause)) request.log.warn({ err: cause }, "out of file descriptors: raise ulimit -n");
  const retryAfter = RETRY_AFTER_S[problem.status];
  if (retryAfter !== undefined && !reply.hasHeader("retry-after")) reply.header("retry-after", retryAfter);
  const { status, body } = format.write(problem);
  return reply.code(status).type(format.contentType).send(JSON.stringify(body));
}

function nothingAt(path: string, urls: Iterable<string>): string {
  const near = nearPath(path, urls);
  return `there is nothing at ${path}${near === null ? "" : `: did you mean ${near}?`}`;
}

/** Collects the path and the methods of every route that is added from now on. */
function rememberRoutes(app: App): { methodsOf(path: string): string[]; readonly urls: ReadonlySet<string> } {
  const routes: { method: string; pattern: RegExp }[] = [];
  const urls = new Set<string>();
  app.addHook("onRoute", ({ method, url }) => {
    const pattern = patternOf(url);
    urls.add(url);
    for (const each of [method].flat()) routes.push({ method: each, pattern });
  });
  const methodsOf = (path: string) => [
    ...new Set(routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)),
  ];
  return { methodsOf, urls };
}

/** The paths that a route matches: `:name` and `:name(regex)` are a segment, `::` is a colon. */
function patternOf(url: string): RegExp {
  const parts = url.split("::").map((part) => part.replaceAll(/:\w+(?:\([^)]*\))?/g, "[^/]+").replaceAll("*", ".*"));
  return new RegExp(`^${parts.join(":")}$`);
}
