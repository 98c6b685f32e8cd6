/**
 * Who asks: every request is given the dependencies of its project, and reaches no record but through it. A program shows a key
 * (`Authorization: Bearer ty_...`), a browser the cookie of a session. What an operation asks for is in access.ts.
 */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Authenticator, Soon } from "../../app/access/authenticate.ts";
import { type ProjectServices, type Services, servicesOf } from "../../app/services.ts";
import type { Principal, Scope } from "../../domain/access/api-key.ts";
import { DEFAULT_PROJECT } from "../../domain/access/project.ts";
import { TrainyardError } from "../../domain/errors.ts";
import { createLru } from "../../domain/lru.ts";
import type { App } from "../context.ts";
import { type Access, accessOf } from "./access.ts";
import { isForeign, isForThisMachine } from "./origin.ts";
import { sessionToken } from "./session-cookie.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** What the route asks of whoever calls it: set by auth.ts. */
    access?: Access;
  }
  interface FastifyRequest {
    /** Who asks. */
    principal: Principal;
    /** Theirs. */
    project: string;
    /** The world as that project has it. There is no other way from a request to a record. */
    services: ProjectServices;
  }
}

export interface AdmissionOptions {
  readonly services: Services;
  readonly authenticator: Authenticator;
  /** While no key is wanted, only requests that were meant for this machine are served. */
  readonly localOnly: boolean;
  /** Pages of these may act as the server's own may, but for cookies. */
  readonly origins: ReadonlySet<string>;
  /** Told of a request whose key is worth nothing; throws when there were too many. */
  readonly onFailure: (request: FastifyRequest, reply: FastifyReply) => void;
}

const NO_ORIGINS: ReadonlySet<string> = new Set();
const MAX_PROJECTS = 1000;
const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);
const CHALLENGE = 'Bearer realm="trainyard"';
const CURE =
  "send a key as `Authorization: Bearer ty_...`; `trainyard keys create` makes one, in the data directory too while no server runs";

/** Asks of every request, on routes that are added from now on, what its operation asks for. */
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
    const isByHeader = principal.keyId !== null && principal.session === null;
    const changes = !SAFE_METHODS.has(request.method) || request.headers.upgrade !== undefined;
    if (changes && !isByHeader && isForeign(request, principal.session === null ? origins : NO_ORIGINS))
      throw forbidden(OTHER_SITE);
    if (!principal.scopes.has(access.scope)) {
      const has = [...principal.scopes].join(", ");
      throw forbidden(`this takes a key with the scope ${access.scope}, and this one has ${has}`);
    }
    if (access.superuser && principal.project !== DEFAULT_PROJECT)
      throw forbidden(`this concerns the whole server: it takes a key of the project ${DEFAULT_PROJECT}`);
    request.principal = principal;
    request.project = principal.project;
    request.services = projectServices(principal.project);
  };

  // Without a promise where the answer is at hand: a prediction comes through here.
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

/** Who a request comes from; null when it does not show, or what it shows is worth nothing. */
export function identify(authenticator: Authenticator, request: FastifyRequest): Soon<Principal | null> {
  const anonymous = authenticator.anonymous();
  if (anonymous instanceof Promise) return anonymous.then((principal) => principal ?? byCredentials(authenticator, request));
  return anonymous ?? byCredentials(authenticator, request);
}

function byCredentials(authenticator: Authenticator, request: FastifyRequest): Soon<Principal | null> {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    const [, key] = /^Bearer +(\S+) *$/i.exec(authorization) ?? [];
    return key === undefined ? null : authenticator.byKey(key);
  }
  const token = sessionToken(request);
  return token === null ? null : authenticator.bySession(token);
}

const OTHER_HOST =
  "without keys this server answers to names of this machine alone (localhost, 127.0.0.1): make a key, or set TRAINYARD_ALLOW_OPEN=true";
const OTHER_SITE = "the page that sent this is another site's: it may not act with what this browser is signed in to";

function unauthorized(request: FastifyRequest, reply: FastifyReply): TrainyardError {
  const { authorization } = request.headers;
  const isShown = showsSomething(request);
  // RFC 6750, section 3.1: without credentials there is no error to name.
  reply.header("www-authenticate", isShown ? `${CHALLENGE}, error="invalid_token"` : CHALLENGE);
  if (!isShown) return new TrainyardError("unauthorized", `this server wants an API key: ${CURE}`);
  const what = authorization === undefined ? "session" : "key";
  return new TrainyardError("unauthorized", `the ${what} is not known, has expired or was revoked: ${CURE}`);
}

function showsSomething(request: FastifyRequest): boolean {
  return request.headers.authorization !== undefined || sessionToken(request) !== null;
}

function forbidden(detail: string): TrainyardError {
  return new TrainyardError("forbidden", detail);
}
