/** Health, and the OpenAPI document. */
import { z } from "zod";
import { checkDatabase } from "../../app/cluster/check-database.ts";
import { TrainyardError } from "../../domain/errors.ts";
import type { App, RouteContext } from "../context.ts";
import { answers, serversBelow } from "../openapi/openapi.ts";

const tags = ["service"];

const health = (status: "ok" | "ready") => z.object({ status: z.literal(status) });

/** Registers the routes about the server itself. */
export function registerService(app: App, { system, lifecycle, threads, basePath }: RouteContext): void {
  app.get(
    "/healthz",
    {
      logLevel: "warn",
      schema: {
        tags,
        operationId: "health",
        summary: "Is the process alive?",
        description: "Answers as long as the event loop runs.",
        response: answers({ 200: ["It is.", health("ok")] }),
      },
    },
    async () => ({ status: "ok" }),
  );

  app.get(
    "/readyz",
    {
      logLevel: "warn",
      schema: {
        tags,
        operationId: "readiness",
        summary: "Does it take jobs?",
        description:
          "Fails while the server starts or shuts down, if the database does not answer, or if a thread pool has had no threads for ten seconds.",
        response: answers({ 200: ["It does.", health("ready")] }, [503]),
      },
    },
    async () => {
      if (lifecycle.phase !== "ready") throw new TrainyardError("unavailable", `the server is ${lifecycle.phase}`);
      const [missing] = threads.missing();
      if (missing)
        throw new TrainyardError("unavailable", `no ${missing} thread has started for ten seconds: see the server log`);
      await checkDatabase(system);
      return { status: "ready" };
    },
  );

  app.get("/openapi.json", { schema: { hide: true } }, async (request) => ({
    ...app.swagger(),
    ...serversBelow(basePath.of(request)),
  }));
}
