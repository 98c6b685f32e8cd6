/** Every answered request, measured by its route's template. Streams are counted where they end, not by how long they were. */
import type { Telemetry } from "../../domain/operation/telemetry.ts";
import type { App } from "../context.ts";

/** What no route is for. */
const NO_ROUTE = "none";
const STREAM_TYPE = "text/event-stream";

/** Measures the requests of routes that are added from now on. */
export function measureRequests(app: App, telemetry: Pick<Telemetry, "request">): void {
  app.addHook("onResponse", (request, reply, done) => {
    const isStream = request.ws || request.headers.accept?.includes(STREAM_TYPE);
    if (!isStream) {
      const route = request.routeOptions.url ?? NO_ROUTE;
      telemetry.request(request.method, route, reply.statusCode, reply.elapsedTime / 1000);
    }
    done();
  });
}
