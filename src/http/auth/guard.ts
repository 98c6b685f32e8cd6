/** What stands before the routes: who asks (auth.ts), and how often (rate-limits.ts). */
import type { FastifyReply, FastifyRequest } from "fastify";
import { type AuthenticatorOptions, createAuthenticator } from "../../app/access/authenticate.ts";
import type { Services } from "../../app/services.ts";
import { createRateLimiter, type RateLimiter } from "../../domain/access/rate-limit.ts";
import type { App, RouteContext } from "../context.ts";
import { admitRequests } from "./auth.ts";
import { countFailure, limitRates, WINDOW_S } from "./rate-limits.ts";

/** How the server knows who may do what. */
export interface AccessSettings extends AuthenticatorOptions {
  /** While no key is wanted, serve only requests that were meant for this machine. */
  readonly localOnly: boolean;
  /** Pages of these origins may act from a browser, with a key of their own or where none is wanted. */
  readonly origins: readonly string[];
  /** Counts the requests of projects; null: each process for itself. */
  readonly rateLimiter: RateLimiter | null;
}

type Guard = RouteContext["guard"] & {
  /** Stands before every route that is added from now on. */
  attach(app: App): void;
};

/** The guard of a server. Closing the server closes it. */
export function createGuard(services: Services, settings: AccessSettings): Guard {
  const { localOnly, origins, rateLimiter, ...authentication } = settings;
  const authenticator = createAuthenticator(services, authentication);
  const failures = createRateLimiter(WINDOW_S * 1000);
  const onFailure = (request: FastifyRequest, reply: FastifyReply) => countFailure(failures, request, reply);
  return {
    authenticator,
    onFailure,
    attach(app) {
      admitRequests(app, { services, authenticator, localOnly, origins: new Set(origins), onFailure });
      const projects = rateLimiter ?? createRateLimiter(WINDOW_S * 1000);
      limitRates(app, { requests: services.limits.project.requestsPerMinute, projects });
      app.addHook("onClose", () => authenticator.close());
    },
  };
}
