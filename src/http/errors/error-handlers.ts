/** What becomes of a request that fails: a problem document, and a line in the log when the fault is ours. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { drainRequest } from "../connection/connections.ts";
import { Replay, secretShown, sendReplay } from "../connection/idempotency.ts";
import type { App } from "../context.ts";
import { PROBLEM_TYPE, ProtocolError, RETRY_AFTER_S, STATUS_OF, toProblem } from "./problem.ts";

/**
 * Answers every error, unknown paths and wrong methods with a problem document. Call it before routes are added. A path that
 * is unknown here may be one of the page's: `answerVisit` says whether it has answered.
 */
export function answerErrors(app: App, answerVisit: (request: FastifyRequest, reply: FastifyReply) => boolean): void {
  const methodsOf = rememberMethods(app);
  app.setErrorHandler(async (error, request, reply) => {
    await drainRequest(request, reply);
    if (!(error instanceof Replay)) return sendProblem(error, request, reply);
    return error.answer.status === 0 ? sendProblem(secretShown(), request, reply) : sendReplay(reply, error.answer);
  });
  app.setNotFoundHandler(async (request, reply) => {
    await drainRequest(request, reply);
    const path = request.url.split("?", 1)[0] ?? "";
    const allowed = methodsOf(path);
    if (allowed.length === 0 && answerVisit(request, reply)) return reply;
    // A method that is taken came here by its route: that found no file of this name.
    if (allowed.length === 0 || allowed.includes(request.method))
      return sendProblem(new ProtocolError("not_found", `there is nothing at ${path}`), request, reply);
    reply.header("allow", allowed.join(", "));
    const detail = `${path} takes ${allowed.join(", ")}, not ${request.method}`;
    return sendProblem(new ProtocolError("method_not_allowed", detail), request, reply);
  });
}

/** Answers with the problem document of an error. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = toProblem(error, { requestId: request.id, bodyLimit: request.routeOptions?.bodyLimit ?? 0 });
  if (problem.status === STATUS_OF.internal) request.log.error({ err: error }, "request failed");
  const retryAfter = RETRY_AFTER_S[problem.status];
  if (retryAfter !== undefined && !reply.hasHeader("retry-after")) reply.header("retry-after", retryAfter);
  return reply.code(problem.status).type(PROBLEM_TYPE).send(JSON.stringify(problem));
}

/** Which methods a path takes, from the routes that are added from now on. */
function rememberMethods(app: App): (path: string) => string[] {
  const routes: { method: string; pattern: RegExp }[] = [];
  app.addHook("onRoute", ({ method, url }) => {
    const pattern = patternOf(url);
    for (const each of [method].flat()) routes.push({ method: each, pattern });
  });
  return (path) => [...new Set(routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method))];
}

/** The paths of a route: `:name` and `:name(regex)` are a segment, `::` is a colon. */
function patternOf(url: string): RegExp {
  const parts = url.split("::").map((part) => part.replaceAll(/:\w+(?:\([^)]*\))?/g, "[^/]+").replaceAll("*", ".*"));
  return new RegExp(`^${parts.join(":")}$`);
}
