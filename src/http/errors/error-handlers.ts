/**
 * Answers requests that fail: one function for every protocol, which differ only in how they write a problem down. Internal
 * errors go to the log whole, and only there.
 */
import type { FastifyReply, FastifyRequest } from "fastify";
import { drainRequest } from "../connection/connections.ts";
import { Replay, secretShown, sendReplay } from "../connection/idempotency.ts";
import type { App } from "../context.ts";
import { PROBLEM_TYPE, type Problem, ProtocolError, RETRY_AFTER_S, STATUS_OF, toProblem } from "./problem.ts";

/** How a protocol writes an error. */
export interface ErrorFormat {
  /** The content type of the body. */
  readonly contentType: string;
  /** The status and the JSON body that stand for a problem. */
  readonly write: (problem: Problem) => { readonly status: number; readonly body: object };
}

/** The format of Trainyard's own API: the problem document of RFC 9457. */
const PROBLEM_DOCUMENT: ErrorFormat = {
  contentType: PROBLEM_TYPE,
  write: (problem) => ({ status: problem.status, body: problem }),
};

/**
 * Answers every error, unknown paths and wrong methods with a problem document. Call it before routes are added. An unknown
 * path may belong to the page: `answerVisit` returns whether it has answered.
 */
export function answerErrors(app: App, answerVisit: (request: FastifyRequest, reply: FastifyReply) => boolean): void {
  const methodsOf = rememberMethods(app);
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply));
  app.setNotFoundHandler(async (request, reply) => {
    const path = request.url.split("?", 1)[0] ?? "";
    const allowed = methodsOf(path);
    if (allowed.length === 0) {
      await drainRequest(request, reply);
      if (answerVisit(request, reply)) return reply;
    }
    // With a method that the path takes, its own route found no file of this name.
    if (allowed.length === 0 || allowed.includes(request.method))
      return answerError(new ProtocolError("not_found", `there is nothing at ${path}`), request, reply);
    reply.header("allow", allowed.join(", "));
    const detail = `${path} accepts ${allowed.join(", ")}, not ${request.method}`;
    return answerError(new ProtocolError("method_not_allowed", detail), request, reply);
  });
}

/**
 * Answers a request with an error, in the format of its protocol, or with the kept answer where a Replay was thrown. Drains
 * the rest of the request first: an answer to a sender that is still sending may be lost when the connection closes.
 */
export async function answerError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  format: ErrorFormat = PROBLEM_DOCUMENT,
): Promise<FastifyReply> {
  await drainRequest(request, reply);
  if (error instanceof Replay && error.answer.status !== 0) return sendReplay(reply, error.answer);
  const cause = error instanceof Replay ? secretShown() : error;
  const problem = toProblem(cause, { requestId: request.id, bodyLimit: request.routeOptions?.bodyLimit ?? 0 });
  if (problem.status === STATUS_OF.internal) request.log.error({ err: cause }, "request failed");
  const retryAfter = RETRY_AFTER_S[problem.status];
  if (retryAfter !== undefined && !reply.hasHeader("retry-after")) reply.header("retry-after", retryAfter);
  const { status, body } = format.write(problem);
  return reply.code(status).type(format.contentType).send(JSON.stringify(body));
}

/** Remembers the methods of every route that is added from now on. Returns a function from a path to its methods. */
function rememberMethods(app: App): (path: string) => string[] {
  const routes: { method: string; pattern: RegExp }[] = [];
  app.addHook("onRoute", ({ method, url }) => {
    const pattern = patternOf(url);
    for (const each of [method].flat()) routes.push({ method: each, pattern });
  });
  return (path) => [...new Set(routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method))];
}

/** The paths that a route matches: `:name` and `:name(regex)` are a segment, `::` is a colon. */
function patternOf(url: string): RegExp {
  const parts = url.split("::").map((part) => part.replaceAll(/:\w+(?:\([^)]*\))?/g, "[^/]+").replaceAll("*", ".*"));
  return new RegExp(`^${parts.join(":")}$`);
}
