/**
 * A span for each request, under that of the caller's `traceparent`, by OpenTelemetry's conventions for HTTP servers. Queries, headers and
 * bodies are never part of one. WebSockets, which last for days, and probes have none.
 */
import type { FastifyRequest } from "fastify";
import type { Span, SpanAttributes, Tracing } from "../../domain/operation/tracing.ts";
import type { App } from "../context.ts";
import { onRequestEnd } from "./request-ending.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Null if nothing is traced. */
    span: Span | null;
  }
}

/** Requests that machines send every few seconds. */
const PROBES: ReadonlySet<string | undefined> = new Set(["/healthz", "/readyz", "/metrics"]);

/** Traces the requests of routes that are added from now on, and names the trace in their log lines. */
export function traceRequests(app: App, tracing: Tracing): void {
  if (!tracing.isOn) return;
  app.decorateRequest("span", null);
  app.addHook("onRequest", (request, reply, done) => {
    const { url: route } = request.routeOptions;
    if (PROBES.has(route) || request.headers.upgrade !== undefined) return done();
    const span = startSpan(tracing, request, route);
    request.span = span;
    // Nobody looks for a trace that is recorded nowhere and that nobody else has named.
    if (span.isSampled || request.headers.traceparent !== undefined) {
      const log = request.log.child({ trace_id: span.traceId });
      request.log = log;
      reply.log = log;
    }
    done();
  });
  // Not earlier: the end of a body arrives from the connection, which knows no span.
  app.addHook("preHandler", (request, _reply, done) => {
    if (request.span) tracing.within(request.span, done);
    else done();
  });
  onRequestEnd(app, ({ span }, _reply, { ending, status, project }) => {
    if (!span?.isSampled) return;
    const failed = status >= 500 ? String(status) : null;
    span.end({
      shared: endOf(ending === "answered" ? status : null, project),
      errorType: ending === "answered" ? failed : ending,
    });
  });
}

function startSpan(tracing: Tracing, request: FastifyRequest, route: string | undefined): Span {
  const { url, headers } = request;
  const query = url.indexOf("?");
  const attributes = { "url.path": query < 0 ? url : url.slice(0, query) };
  const parent = typeof headers.traceparent === "string" ? headers.traceparent : null;
  const { name, shared } = startOf(request.method, request.protocol, route);
  return tracing.start(name, { kind: "server", parent, attributes, shared });
}

interface RequestStart {
  readonly name: string;
  readonly shared: SpanAttributes;
}

/** The attributes of request spans, cached by their content: there are few different ones, each encoded once. */
const starts = new Map<string, RequestStart>();
const ends = new Map<string, SpanAttributes>();
/** There are many projects. */
const MAX_KEPT = 2000;

function startOf(method: string, scheme: string, route: string | undefined): RequestStart {
  const key = `${method} ${scheme} ${route}`;
  const known = starts.get(key);
  if (known) return known;
  const shared = {
    "http.request.method": method,
    "url.scheme": scheme,
    ...(route !== undefined && { "http.route": route }),
  };
  const made = { name: route === undefined ? method : `${method} ${route}`, shared };
  if (starts.size < MAX_KEPT) starts.set(key, made);
  return made;
}

function endOf(status: number | null, project: string | null): SpanAttributes {
  const key = `${status} ${project}`;
  const known = ends.get(key);
  if (known) return known;
  const made = {
    ...(status !== null && { "http.response.status_code": status }),
    ...(project !== null && { "trainyard.project": project }),
  };
  if (ends.size < MAX_KEPT) ends.set(key, made);
  return made;
}
