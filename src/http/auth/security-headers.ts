/**
 * The headers of helmet's that every answer carries. They are the same for all answers of a kind, so they are computed once:
 * helmet's own plugin computes them, the policy's text included, anew for each request.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import helmet, { type HelmetOptions } from "helmet";
import type { App } from "../context.ts";

/** Of what a browser shows as a page. */
const OF_PAGES: HelmetOptions = {
  strictTransportSecurity: false, // It speaks plain HTTP; whoever puts TLS in front decides.
  contentSecurityPolicy: { directives: { "upgrade-insecure-requests": null } },
};

/** Of JSON: no page comes of it, so nothing may be loaded or framed, and what concerns pages alone is left out. */
const OF_DATA: HelmetOptions = {
  strictTransportSecurity: false,
  contentSecurityPolicy: { useDefaults: false, directives: { "default-src": ["'none'"], "frame-ancestors": ["'none'"] } },
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
};

/** Paths below which everything is data. */
const DATA_PATHS = /^\/v[12]\//;

/** Adds the headers to every answer; a route may replace one. */
export function addSecurityHeaders(app: App): void {
  const [ofPages, ofData] = [headersOf(OF_PAGES), headersOf(OF_DATA)];
  app.addHook("onRequest", (request, reply, done) => {
    reply.headers(DATA_PATHS.test(request.url) ? ofData : ofPages);
    done();
  });
}

/** What helmet sets, whatever the request. */
function headersOf(options: HelmetOptions): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  const response = {
    setHeader(name: string, value: string) {
      headers[name.toLowerCase()] = value;
    },
    removeHeader: () => undefined,
  };
  helmet(options)({} as IncomingMessage, response as unknown as ServerResponse, (error?: unknown) => {
    if (error) throw error;
  });
  return Object.freeze(headers);
}
