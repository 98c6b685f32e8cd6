/** CORS: which pages of other origins may use the API from a browser (Fetch, section 3.2): those that the configuration names. */
import cors from "@fastify/cors";
import { PREDICTION_ID_HEADER } from "../../domain/monitoring/requests.ts";
import type { App } from "../context.ts";

/** How long a browser may cache the answer to its preflight. */
const MAX_AGE_S = 600;

/** Allows the origins, without cookies: a page of another origin sends its own key. */
export async function allowOrigins(app: App, origins: readonly string[]): Promise<void> {
  if (origins.length === 0) return;
  await app.register(cors, {
    origin: [...origins],
    credentials: false,
    methods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
    allowedHeaders: ["authorization", "content-type", "idempotency-key", "last-event-id", PREDICTION_ID_HEADER],
    exposedHeaders: ["location", "retry-after", "idempotency-replayed", "ratelimit", "ratelimit-policy"],
    maxAge: MAX_AGE_S,
    strictPreflight: false,
  });
}
