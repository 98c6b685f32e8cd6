/** Records changes by requests in the audit log: decides which requests count, and builds their entries. */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { RecordAudit } from "../../app/access/keep-audit-log.ts";
import type { Principal } from "../../domain/access/api-key.ts";
import type { AuditEntry } from "../../domain/access/audit-log.ts";
import { createId } from "../../domain/id.ts";
import type { App } from "../context.ts";
import { onlyReads, SAFE_METHODS } from "./access.ts";

declare module "fastify" {
  interface FastifyRequest {
    /**
     * What a route adds to the entry when its path does not name the record: the rest of the path. An operation that is left out of the log
     * is entered if the route adds something. For a request that needs no key, the route says whose it is; otherwise it is not entered.
     */
    audit: Said | null;
  }
}

/** What a route tells the log about a request. */
interface Said {
  readonly subject: string;
  readonly principal?: Principal;
}

/** Maximum length of a path that is stored in full. */
const MAX_PATH = 500;

/** Records the requests of routes that are added from now on, before they are answered. */
export function recordChanges(app: App, record: RecordAudit): void {
  app.decorateRequest("audit", null);
  app.addHook("onSend", (request, reply, payload, done) => {
    if (!hasChanged(request, reply)) return done(null, payload);
    record(entryOf(request, reply)).then(() => done(null, payload), done);
  });
}

/**
 * Whether a request may have changed something: it succeeded, or failed in the server itself (500). Refused requests (also for lack of room
 * or of a database), dry runs, and repeated answers have changed nothing.
 */
function hasChanged(request: FastifyRequest, reply: FastifyReply): boolean {
  const { access } = request.routeOptions.config;
  const isOfSomebody = request.project !== "" || request.audit?.principal !== undefined;
  if (SAFE_METHODS.has(request.method) || !access || onlyReads(access) || !isOfSomebody) return false;
  if (access.unaudited && request.audit === null) return false;
  const { validate_only: validateOnly } = (request.query ?? {}) as { readonly validate_only?: string };
  if (validateOnly === "true" || reply.hasHeader("idempotency-replayed")) return false;
  return reply.statusCode < 400 || reply.statusCode === 500;
}

/** The entry of a request as it is answered. */
export function entryOf(request: FastifyRequest, reply: FastifyReply): AuditEntry {
  const { keyId, session, project } = request.audit?.principal ?? request.principal;
  return {
    id: createId("audit"),
    project,
    at: Date.now(),
    keyId,
    bySession: session !== null,
    operation: request.routeOptions.schema?.operationId ?? "",
    method: request.method,
    path: cut(`${request.url.split("?", 1)[0]}${request.audit?.subject ?? ""}`) as string,
    made: cut(reply.getHeader("location")),
    status: reply.statusCode,
    requestId: request.id,
  };
}

const cut = (path: unknown): string | null => (typeof path === "string" ? path.slice(0, MAX_PATH) : null);
