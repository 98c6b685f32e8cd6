/** Builds the OpenAPI document of the routes as YAML, without a running server. */
import { pino } from "pino";
import type { Services } from "../../app/services.ts";
import { NO_TRACING } from "../../domain/operation/tracing.ts";
import { buildApp } from "../app.ts";
import { createLifecycle } from "../connection/lifecycle.ts";

/** openapi.yaml. The same routes give the same text. */
export async function describeApi(): Promise<string> {
  // Registering routes reads only the limits of the services, and no request will come.
  const services = { limits: { bodyBytes: 64 * 1024 * 1024, project: {} }, tracing: NO_TRACING } as Services;
  const app = await buildApp({
    services,
    lifecycle: createLifecycle(),
    log: pino({ level: "silent" }),
    dashboardDirectory: null,
    access: { adminKey: null, sessionMs: 0, localOnly: true, rateLimiter: null },
    sockets: { headersMs: 1, requestMs: 1, idleMs: 0, keepAliveMs: 0, connections: 0 },
    heartbeatEveryMs: 0,
  });
  const yaml = app.swagger({ yaml: true });
  await app.close();
  return yaml;
}
