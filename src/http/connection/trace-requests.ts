/**
 * A span for each request, under that of the caller's `traceparent`, by OpenTelemetry's conventions for HTTP servers. Queries, headers and
 * bodies are never part of one. WebSockets, which last for days, and probes have none.
 */
import type { FastifyRequest } from "fastify";
import type { Span, Tracing } from "../../domain/operation/tracing.ts";
import type { App } from "../context.ts";
import { onRequestEnd } from "./request-ending.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Null where nothing is traced. */
    span: Span | null;
  }
}

/** What machines ask every few seconds. */
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
    const log = request.log.child({ trace_id: span.traceId });
    request.log = log;
    reply.log = log;
    done();
  });
  // Not before: the end of a body arrives from the connection, which knows no span.
  app.addHook("preHandler", (request, _reply, done) => {
    if (request.span) tracing.within(request.span, done);
    else done();
  });
  onRequestEnd(app, ({ span }, _reply, { ending, status, project }) => {
    if (!span) return;
    const attributes = {
      ...(ending === "answered" && { "http.response.status_code": status }),
      ...(project !== null && { "trainyard.project": project }),
    };
    const failed = status >= 500 ? String(status) : null;
    span.end({ attributes, errorType: ending === "answered" ? failed : ending });
  });
}

function startSpan(tracing: Tracing, request: FastifyRequest, route: string | undefined): Span {
  const { method, url, protocol, headers } = request;
  const attributes = {
    "http.request.method": method,
    "url.path": url.split("?", 1)[0] ?? "",
    "url.scheme": protocol,
    ...(route !== undefined && { "http.route": route }),
  };
  const parent = typeof headers.traceparent === "string" ? headers.traceparent : null;
  return tracing.start(route === undefined ? method : `${method} ${route}`, { kind: "server", parent, attributes });
}
