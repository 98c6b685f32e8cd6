/** The header Location of answers. */
import type { App } from "../context.ts";
import type { BasePath } from "./base-path.ts";

/** Puts the path before the address of every Location of the server's own. To be added after what stores answers. */
export function locateBelow(app: App, basePath: BasePath): void {
  app.addHook("onSend", (request, reply, payload, done) => {
    const location = reply.getHeader("location");
    if (typeof location === "string" && location.startsWith("/")) reply.header("location", basePath.of(request) + location);
    done(null, payload);
  });
}
