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
  interface FastifyContextConfig {
    /**
     * The handler enters the span itself, by `inSpan`, where it waits for something: one that answers at once spares the context, which takes
     * longer than the span.
     */
    entersSpan?: true;
  }
}

/** Requests that machines send every few seconds. */
const PROBES: ReadonlySet<string | undefined> = new Set(["/healthz", "/readyz", "/metrics"]);

/** Traces the requests of routes that are added from now on, and names the trace in their log lines. */
export function traceRequests(app: App, tracing: Tracing): void {
  if (!tracing.isOn) return;
  app.decorateRequest("span", null);
  app.addHook("onRequest", (request, reply, done) => {
    const { traceparent, upgrade } = request.headers;
    if (upgrade !== undefined) return done();
    // Most requests of a server that records few: nothing is said of them, nor asked.
    const trace = traceparent === undefined ? tracing.begin() : undefined;
    if (trace === null) {
      request.span = tracing.unrecorded;
      return done();
    }
    const { url: route } = request.routeOptions;
    if (PROBES.has(route)) return done();
    const span = startSpan(tracing, request, route, trace);
    request.span = span;
    // Nobody looks for a trace that is not recorded and that no valid traceparent names.
    if (span !== tracing.unrecorded) {
      const log = request.log.child({ trace_id: span.traceId });
      request.log = log;
      reply.log = log;
    }
    done();
  });
  // Not earlier: the end of a body arrives from the connection, which knows no span.
  app.addHook("preHandler", (request, _reply, done) => {
    const { span } = request;
    // That of what is not recorded is there already.
    if (!span || (span !== tracing.unrecorded && request.routeOptions.config.entersSpan)) done();
    else tracing.within(span, done);
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

/** Runs work of a request, and what it waits for, within its span. For routes with `entersSpan`. */
export function inSpan<Result>(
  { span, services: { tracing } }: Pick<FastifyRequest, "span" | "services">,
  work: () => Result,
): Result {
  return span ? tracing.within(span, work) : work();
}

function startSpan(tracing: Tracing, request: FastifyRequest, route: string | undefined, trace: string | undefined): Span {
  const { url, headers } = request;
  const query = url.indexOf("?");
  const attributes = { "url.path": query < 0 ? url : url.slice(0, query) };
  const parent = typeof headers.traceparent === "string" ? headers.traceparent : null;
  const { name, shared } = startOf(request, route);
  return tracing.start(name, { kind: "server", parent, trace, attributes, shared });
}

interface RequestStart {
  readonly name: string;
  readonly shared: SpanAttributes;
}

/** What spans of requests begin with, by route and method, and by scheme: few different ones, and written once each. */
const starts = new Map<string | undefined, Map<string, RequestStart>>();
const secureStarts: typeof starts = new Map();
/** What they end with, by project and status. */
const ends = new Map<string | null, Map<number | null, SpanAttributes>>();
/** Projects are many. */
const MAX_KEPT = 2000;

function startOf({ method, protocol }: FastifyRequest, route: string | undefined): RequestStart {
  return kept(protocol === "https" ? secureStarts : starts, route, method, () => ({
    name: route === undefined ? method : `${method} ${route}`,
    shared: {
      "http.request.method": method,
      "url.scheme": protocol,
      ...(route !== undefined && { "http.route": route }),
    },
  }));
}

function endOf(status: number | null, project: string | null): SpanAttributes {
  return kept(ends, project, status, () => ({
    ...(status !== null && { "http.response.status_code": status }),
    ...(project !== null && { "trainyard.project": project }),
  }));
}

/** What is kept under two keys, which takes no text of both; or what is made. */
function kept<First, Second, Value>(
  all: Map<First, Map<Second, Value>>,
  first: First,
  second: Second,
  make: () => Value,
): Value {
  const group = all.get(first);
  const known = group?.get(second);
  if (known !== undefined) return known;
  const made = make();
  if (group) group.set(second, made);
  else if (all.size < MAX_KEPT) all.set(first, new Map([[second, made]]));
  return made;
}
