/** What every route file is given. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { Services } from "../jobs/services.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { Streams } from "./streams.ts";

/** Fastify with zod schemas for its types. */
export type App = FastifyInstance<RawServerDefault, IncomingMessage, ServerResponse, FastifyBaseLogger, ZodTypeProvider>;

export interface RouteContext {
  readonly services: Services;
  readonly lifecycle: Lifecycle;
  readonly streams: Streams;
  /** Signs webhooks. */
  readonly webhookSecret: string;
}
