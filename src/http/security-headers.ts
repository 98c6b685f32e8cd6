/**
 * The headers of helmet's that every answer carries. They are the same for all of them, so they are computed once: helmet's
 * own plugin computes them, the policy's text included, anew for each request.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import helmet, { type HelmetOptions } from "helmet";
import type { App } from "./context.ts";

const OPTIONS: HelmetOptions = {
  strictTransportSecurity: false, // It speaks plain HTTP; whoever puts TLS in front decides.
  contentSecurityPolicy: { directives: { "upgrade-insecure-requests": null } },
};

/** Adds the headers to every answer; a route may replace one. */
export function addSecurityHeaders(app: App): void {
  const headers = headersOf(OPTIONS);
  app.addHook("onRequest", (_request, reply, done) => {
    reply.headers(headers);
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
