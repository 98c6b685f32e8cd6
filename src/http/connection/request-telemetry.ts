/**
 * Measures every request by the template of its route, however it ended, and by its project. Streams are counted when they end, and
 * have no duration.
 */
import type { Telemetry } from "../../domain/operation/telemetry.ts";
import type { App } from "../context.ts";
import { onRequestEnd } from "./request-ending.ts";

/** Stands for the route of a request that has none. */
const NO_ROUTE = "none";
const STREAM_TYPE = "text/event-stream";

/** Measures the requests of routes that are added from now on. */
export function measureRequests(app: App, telemetry: Pick<Telemetry, "request">): void {
  onRequestEnd(app, (request, _reply, { status, ms, project }) => {
    if (request.ws || request.headers.accept?.includes(STREAM_TYPE)) return;
    telemetry.request(request.method, request.routeOptions.url ?? NO_ROUTE, status, ms / 1000, project);
  });
}
