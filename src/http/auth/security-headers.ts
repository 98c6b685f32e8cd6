/**
 * The security headers of every answer, from helmet. They are computed once for each kind of answer, because helmet's plugin would compute
 * them for each request.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import helmet, { type HelmetOptions } from "helmet";
import type { App } from "../context.ts";

/** For answers that a browser shows as a page. */
const OF_PAGES: HelmetOptions = {
  strictTransportSecurity: false, // This is plain HTTP; the proxy that adds TLS decides.
  contentSecurityPolicy: { directives: { "upgrade-insecure-requests": null } },
};

/** For JSON, which no browser shows as a page: nothing may be loaded or framed, and headers of pages are left out. */
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

/** Paths below which all answers are data. */
const DATA_PATHS = /^\/v[12]\//;

/** Adds the headers to every answer; a route may replace one. */
export function addSecurityHeaders(app: App): void {
  const [ofPages, ofData] = [headersOf(OF_PAGES), headersOf(OF_DATA)];
  app.addHook("onRequest", (request, reply, done) => {
    reply.headers(DATA_PATHS.test(request.url) ? ofData : ofPages);
    done();
  });
}

/** The headers that helmet sets with these options, which do not depend on the request. */
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
