/** What every route file receives. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest, RawServerDefault } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { Authenticator } from "../app/access/authenticate.ts";
import type { ProcessRegistry } from "../app/cluster/list-workers.ts";
import type { Services } from "../app/services.ts";
import type { Limits } from "../domain/limits.ts";
import type { Archive } from "../domain/operation/archive.ts";
import type { Telemetry } from "../domain/operation/telemetry.ts";
import type { ThreadHealth } from "../domain/operation/thread-health.ts";
import type { BasePath } from "./connection/base-path.ts";
import type { Lifecycle } from "./connection/lifecycle.ts";
import type { Streams } from "./streaming/streams.ts";

/** Fastify with zod schemas for its types. */
export type App = FastifyInstance<RawServerDefault, IncomingMessage, ServerResponse, FastifyBaseLogger, ZodTypeProvider>;

export interface RouteContext {
  readonly basePath: BasePath;
  readonly limits: Limits;
  /** For use cases without a project: keys, and the health of the database. Those of a project are in a request's `services`. */
  readonly system: Pick<Services, "store">;
  readonly guard: {
    readonly authenticator: Authenticator;
    /** Called for an invalid key. Throws rate_limited when there were too many from the address of the request. */
    onFailure(request: FastifyRequest, reply: FastifyReply): void;
    /** Called before a key is exchanged for a session. Throws rate_limited when there were too many from the address of the request. */
    onSignIn(request: FastifyRequest, reply: FastifyReply): void;
  };
  readonly lifecycle: Lifecycle;
  readonly threads: ThreadHealth;
  readonly streams: Streams;
  /** Signs webhooks. */
  readonly webhookSecret: string;
  readonly telemetry: Telemetry;
  /** Null if the database has backups of its own. */
  readonly archive: Archive | null;
  /** Stops and restarts the server once the answer is sent. */
  readonly restart: () => void;
  /** The processes that serve and train. */
  readonly workers: ProcessRegistry;
}
