/** Who asks: every request is given the world of its project, and reaches no record but through it. */
import { DEFAULT_PROJECT } from "../domain/project.ts";
import { type Services, servicesOf } from "../jobs/services.ts";
import type { App } from "./context.ts";

/** Gives each request its project and the services of that. */
export function admitRequests(app: App, services: Services): void {
  app.decorateRequest("project", "");
  app.decorateRequest("services", null as never);
  app.addHook("onRequest", async (request) => {
    request.project = DEFAULT_PROJECT;
    request.services = servicesOf(services, request.project);
  });
}
