/** One log line a request, with the ids of the request and of what it is about. Bodies and headers are never logged. */
import { ID_PREFIXES } from "../domain/id.ts";
import type { App } from "./context.ts";

/** Logs every answered request. Those of a job or a model carry its id in all their lines. */
export function logRequests(app: App): void {
  app.addHook("onRequest", async (request) => {
    const { id, ref } = request.params as { id?: string; ref?: string };
    if (ref !== undefined) request.log = request.log.child({ model: ref.slice(0, 100) });
    if (id === undefined) return;
    const label = id.startsWith(ID_PREFIXES.dataset) ? "dataset_id" : "job_id";
    request.log = request.log.child({ [label]: id.slice(0, 100) });
  });
  app.addHook("onResponse", async (request, reply) => {
    request.log.info(
      {
        method: request.method,
        route: request.routeOptions.url ?? "unknown",
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime * 100) / 100,
      },
      "request",
    );
  });
}
