/**
 * Authentication and authorization. A program sends a key (`Authorization: Bearer ty_...`), a browser the cookie of a session.
 * Every request gets the services of its project, and reaches records through them alone. Which scope an operation requires
 * is in access.ts.
 */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Authenticator, Soon } from "../../app/access/authenticate.ts";
import { type ProjectServices, type Services, servicesOf } from "../../app/services.ts";
import type { Principal, Scope } from "../../domain/access/api-key.ts";
import { DEFAULT_PROJECT } from "../../domain/access/project.ts";
import { TrainyardError } from "../../domain/errors.ts";
import { createLru } from "../../domain/memory/lru.ts";
import type { App } from "../context.ts";
import { type Access, accessOf, SAFE_METHODS } from "./access.ts";
import { isForeign, isForThisMachine } from "./origin.ts";
import { sessionTokens } from "./session-cookie.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** The access that the route requires: set by auth.ts. */
    access?: Access;
  }
  interface FastifyRequest {
    /** Who sent the request. */
    principal: Principal;
    /** The project of the principal. */
    project: string;
    /** The services of that project: the only way from a request to a record. */
    services: ProjectServices;
  }
  interface FastifyInstance {
    /** The principal of what is no request, such as a stream over gRPC, by its header Authorization; null if that is missing or invalid. */
    principalOf(authorization: string | undefined): Promise<Principal | null>;
  }
}

export interface AdmissionOptions {
  readonly services: Services;
  readonly authenticator: Authenticator;
  /** While no key is required, accept only requests that were addressed to this machine. */
  readonly localOnly: boolean;
  /** Pages of these origins may do what the server's own pages may, but without cookies. */
  readonly origins: ReadonlySet<string>;
  /** Called for a request with an invalid key. Throws if there were too many. */
  readonly onFailure: (request: FastifyRequest, reply: FastifyReply) => void;
}

const NO_ORIGINS: ReadonlySet<string> = new Set();
const MAX_PROJECTS = 1000;
const CHALLENGE = 'Bearer realm="trainyard"';
const CURE =
  "send a key as `Authorization: Bearer ty_...`; `trainyard keys create` makes one, with --data-dir also while no server runs";

/** Checks every request on routes that are added from now on for the access that its operation requires. */
export function admitRequests(
  app: App,
  { services: allServices, authenticator, localOnly, origins, onFailure }: AdmissionOptions,
): void {
  const servicesByProject = createLru<ProjectServices>({
    maxCount: MAX_PROJECTS,
    maxBytes: Number.POSITIVE_INFINITY,
    bytesOf: () => 0,
  });
  const projectServices = (project: string): ProjectServices => {
    const known = servicesByProject.get(project);
    if (known) return known;
    const services = servicesOf(allServices, project);
    servicesByProject.set(project, services);
    return services;
  };

  app.decorate("principalOf", async (authorization) => {
    const anonymous = await authenticator.anonymous();
    const key = authorization === undefined ? undefined : keyIn(authorization, false);
    return anonymous ?? (key === undefined ? null : authenticator.byKey(key));
  });
  app.decorateRequest("principal", null as never);
  app.decorateRequest("project", "");
  app.decorateRequest("services", null as never);
  app.addHook("onRoute", (route) => {
    route.config = { ...route.config, access: accessOf(route.url, route.schema) };
  });

  const admit = (
    request: FastifyRequest,
    reply: FastifyReply,
    principal: Principal | null,
    access: Access & { scope: Scope },
  ): void => {
    if (!principal) {
      if (showsSomething(request)) onFailure(request, reply);
      throw unauthorized(request, reply);
    }
    if (principal.keyId === null && localOnly && !isForThisMachine(request)) throw forbidden(OTHER_HOST);
    // Once a browser has Basic credentials, it sends them by itself, as it does a cookie.
    const isByHeader =
      principal.keyId !== null && principal.session === null && !BASIC.test(request.headers.authorization ?? "");
    const changes = !SAFE_METHODS.has(request.method) || request.headers.upgrade !== undefined;
    if (changes && !isByHeader && isForeign(request, principal.session === null ? origins : NO_ORIGINS))
      throw forbidden(OTHER_SITE);
    if (!principal.scopes.has(access.scope)) {
      const has = [...principal.scopes].join(", ");
      throw forbidden(`this requires a key with the scope ${access.scope}; this key has ${has}`);
    }
    if (access.superuser && principal.project !== DEFAULT_PROJECT)
      throw forbidden(`this concerns the whole server: it requires a key of the project ${DEFAULT_PROJECT}`);
    request.principal = principal;
    request.project = principal.project;
    request.services = projectServices(principal.project);
  };

  // Without a promise where the principal is cached: every prediction passes through here.
  app.addHook("onRequest", (request, reply, done) => {
    const access = request.is404 ? null : request.routeOptions.config.access;
    if (!access?.scope) return done();
    const asked = access as Access & { scope: Scope };
    const principal = identify(authenticator, request);
    if (!(principal instanceof Promise)) {
      admit(request, reply, principal, asked);
      return done();
    }
    principal.then((found) => admit(request, reply, found, asked)).then(() => done(), done);
  });
}

/** The principal of a request; null if it has no credentials, or invalid ones. */
export function identify(authenticator: Authenticator, request: FastifyRequest): Soon<Principal | null> {
  const anonymous = authenticator.anonymous();
  if (anonymous instanceof Promise) return anonymous.then((principal) => principal ?? byCredentials(authenticator, request));
  return anonymous ?? byCredentials(authenticator, request);
}

function byCredentials(authenticator: Authenticator, request: FastifyRequest): Soon<Principal | null> {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    const key = keyIn(authorization, request.routeOptions.config.access?.basic === true);
    return key === undefined ? null : authenticator.byKey(key);
  }
  const [token, ...others] = sessionTokens(request);
  if (token === undefined) return null;
  return others.length === 0 ? authenticator.bySession(token) : byFirstGood(authenticator, [token, ...others]);
}

const BASIC = /^Basic +([\w+/=-]+) *$/i;

/** The key in the header Authorization: of Bearer, or, if the route accepts it, the password of Basic (RFC 7617). */
function keyIn(authorization: string, takesBasic: boolean): string | undefined {
  const [, bearer] = /^Bearer +(\S+) *$/i.exec(authorization) ?? [];
  const [, basic] = (takesBasic && BASIC.exec(authorization)) || [];
  if (bearer !== undefined || basic === undefined) return bearer;
  return /^[^:]*:(\S+)$/.exec(Buffer.from(basic, "base64").toString("utf8"))?.[1];
}

/** The principal of the first valid cookie of several: a cookie that a neighbouring host has set locks nobody out. */
async function byFirstGood(authenticator: Authenticator, tokens: readonly string[]): Promise<Principal | null> {
  for (const token of tokens) {
    const principal = await authenticator.bySession(token);
    if (principal) return principal;
  }
  return null;
}

const OTHER_HOST =
  "a server without keys answers only requests to this machine's own names (localhost, 127.0.0.1): make a key, or set TRAINYARD_ALLOW_OPEN=true";
const OTHER_SITE = "the page of another site sent this request: it may not use the session of this browser";

function unauthorized(request: FastifyRequest, reply: FastifyReply): TrainyardError {
  const { authorization } = request.headers;
  const isShown = showsSomething(request);
  // RFC 6750, section 3.1: without credentials there is no error to name.
  reply.header("www-authenticate", isShown ? `${CHALLENGE}, error="invalid_token"` : CHALLENGE);
  if (!isShown) return new TrainyardError("unauthorized", `this server requires an API key: ${CURE}`);
  const what = authorization === undefined ? "session" : "key";
  return new TrainyardError("unauthorized", `the ${what} is unknown, expired or revoked: ${CURE}`);
}

function showsSomething(request: FastifyRequest): boolean {
  return request.headers.authorization !== undefined || sessionTokens(request).length > 0;
}

function forbidden(detail: string): TrainyardError {
  return new TrainyardError("forbidden", detail);
}
