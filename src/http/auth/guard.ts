/** What runs before the routes: authentication (auth.ts) and rate limits (rate-limits.ts). */
import type { FastifyReply, FastifyRequest } from "fastify";
import { type AuthenticatorOptions, createAuthenticator } from "../../app/access/authenticate.ts";
import type { Services } from "../../app/services.ts";
import { createRateLimiter, type RateLimiter } from "../../domain/access/rate-limit.ts";
import type { App, RouteContext } from "../context.ts";
import { admitRequests } from "./auth.ts";
import { countFailure, countSignIn, limitRates, WINDOW_S } from "./rate-limits.ts";

/** The settings of authentication and rate limits. */
export interface AccessSettings extends AuthenticatorOptions {
  /** While no key is required, accept only requests that were addressed to this machine. */
  readonly localOnly: boolean;
  /** Pages of these origins may call the API from a browser, with their own key or while none is required. */
  readonly origins: readonly string[];
  /** Counts the requests of projects across processes; null: each process counts for itself. */
  readonly rateLimiter: RateLimiter | null;
}

type Guard = RouteContext["guard"] & {
  /** Guards every route that is added from now on. */
  attach(app: App): void;
};

/** The guard of a server. Closing the server closes it. */
export function createGuard(services: Services, settings: AccessSettings): Guard {
  const { localOnly, origins, rateLimiter, ...authentication } = settings;
  const authenticator = createAuthenticator(services, authentication);
  const failures = createRateLimiter(WINDOW_S * 1000);
  const signIns = createRateLimiter(WINDOW_S * 1000);
  const onFailure = (request: FastifyRequest, reply: FastifyReply) => countFailure(failures, request, reply);
  return {
    authenticator,
    onFailure,
    onSignIn: (request, reply) => countSignIn(signIns, request, reply),
    attach(app) {
      admitRequests(app, { services, authenticator, localOnly, origins: new Set(origins), onFailure });
      const projects = rateLimiter ?? createRateLimiter(WINDOW_S * 1000);
      limitRates(app, { requests: services.limits.project.requestsPerMinute, projects });
      app.addHook("onClose", () => authenticator.close());
    },
  };
}
