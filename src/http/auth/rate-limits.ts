/**
 * Rate limits: requests of a project, reported in the headers of draft-ietf-httpapi-ratelimit-headers, and requests of an
 * address with invalid keys. A server without keys counts nothing.
 */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Grant, LocalRateLimiter, RateLimiter } from "../../domain/access/rate-limit.ts";
import { TrainyardError } from "../../domain/errors.ts";
import type { App } from "../context.ts";

export const WINDOW_S = 60;

/** Maximum requests of an address with invalid keys in a window. */
const MAX_FAILURES = 120;

/** Maximum requests of an address for a session in a window: each stores a record. */
const MAX_SIGN_INS = 60;

export interface RateLimits {
  /** Maximum requests of a project in a window. */
  readonly requests: number;
  readonly projects: RateLimiter;
}

/** Counts every request that was admitted, on routes that are added from now on. Call it after `admitRequests`. */
export function limitRates(app: App, { requests, projects }: RateLimits): void {
  const policy = `"project";q=${requests};w=${WINDOW_S}`;
  const answer = (request: FastifyRequest, reply: FastifyReply, { allowed, remaining, resetMs }: Grant): void => {
    const resetS = Math.ceil(resetMs / 1000);
    reply.header("ratelimit-policy", policy).header("ratelimit", `"project";r=${remaining};t=${resetS}`);
    if (allowed) return;
    reply.header("retry-after", resetS);
    const detail = `the project ${request.project} is over its limit of ${requests} requests in ${WINDOW_S} s (TRAINYARD_PROJECT_REQUESTS_PER_MINUTE): try again in ${resetS} s`;
    throw new TrainyardError("rate_limited", detail);
  };
  app.addHook("onRequest", (request, reply, done) => {
    if (!request.principal || request.principal.keyId === null) return done();
    const grant = projects.take(request.project, requests);
    if (!(grant instanceof Promise)) {
      answer(request, reply, grant);
      return done();
    }
    grant.then((given) => answer(request, reply, given)).then(() => done(), done);
  });
}

/** Counts a request with an invalid key. Throws rate_limited if there were too many from its address. */
export function countFailure(failures: LocalRateLimiter, request: FastifyRequest, reply: FastifyReply): void {
  takeOfAddress(failures, MAX_FAILURES, `has sent ${MAX_FAILURES} invalid keys`, request, reply);
}

/** Counts a request for a session. Throws rate_limited if there were too many from its address. */
export function countSignIn(signIns: LocalRateLimiter, request: FastifyRequest, reply: FastifyReply): void {
  takeOfAddress(signIns, MAX_SIGN_INS, `has asked for ${MAX_SIGN_INS} sessions`, request, reply);
}

function takeOfAddress(
  limiter: LocalRateLimiter,
  most: number,
  what: string,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const { allowed, resetMs } = limiter.take(request.ip, most);
  if (allowed) return;
  const resetS = Math.ceil(resetMs / 1000);
  reply.header("retry-after", resetS);
  throw new TrainyardError("rate_limited", `this address ${what} in ${WINDOW_S} s: try again in ${resetS} s`);
}
