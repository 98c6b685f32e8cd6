/** Writes large answers in slices, so that no answer holds the event loop, whatever its route has put into it. */
import { isOneSlice, writeInSlices } from "../../app/write-in-slices.ts";
import type { App } from "../context.ts";

/** Has every answer that is an object, and takes more than a slice, written in slices. */
export function writeAnswersInSlices(app: App): void {
  app.addHook("preSerialization", (_request, reply, payload, done) => {
    if (typeof payload !== "object" || payload === null || isOneSlice(payload)) return done(null, payload);
    writeInSlices(payload).then((text) => {
      reply.serializer(() => text);
      done(null, payload);
    }, done);
  });
}
