/** Measures every answered request by the template of its route. Streams are counted when they end, and have no duration. */
import type { Telemetry } from "../../domain/operation/telemetry.ts";
import type { App } from "../context.ts";

/** Stands for the route of a request that has none. */
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
