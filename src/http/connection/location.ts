/** The header Location of answers. */
import type { App } from "../context.ts";
import type { BasePath } from "./base-path.ts";

/** Adds the base path to every Location of the server's own. Add it after the hook that stores answers. */
export function locateBelow(app: App, basePath: BasePath): void {
  app.addHook("onSend", (request, reply, payload, done) => {
    const location = reply.getHeader("location");
    if (typeof location === "string" && location.startsWith("/")) reply.header("location", basePath.of(request) + location);
    done(null, payload);
  });
}
