/** The server's metrics, for Prometheus. */
import { z } from "zod";
import type { App, RouteContext } from "../context.ts";
import { answers } from "../openapi/openapi.ts";

const DESCRIPTION =
  "Text in the exposition format of Prometheus: requests by route, the queue's length and wait, jobs by state, epochs and steps, busy workers, predictions, readers of streams and those that were dropped, writes to the database, and the event loop's delay with memory and garbage collection (`nodejs_*`).";

const EXAMPLE = '# HELP trainyard_jobs Jobs by state.\n# TYPE trainyard_jobs gauge\ntrainyard_jobs{state="running"} 1\n';

/** Registers `/metrics`. */
export function registerTelemetry(app: App, { telemetry }: RouteContext): void {
  app.get(
    "/metrics",
    {
      logLevel: "warn",
      schema: {
        tags: ["service"],
        operationId: "exposeMetrics",
        summary: "Metrics for Prometheus",
        description: DESCRIPTION,
        response: answers({ 200: ["The metrics.", { "text/plain": z.string().meta({ examples: [EXAMPLE] }) }] }),
      },
    },
    async (_request, reply) => {
      const { type, text } = await telemetry.expose();
      return reply.type(type).header("cache-control", "no-store").send(text);
    },
  );
}
