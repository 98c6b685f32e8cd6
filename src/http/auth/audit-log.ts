/** Records what requests changed, for the audit log: which of them count, and what is said of one. */
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
     * What a route says of a request whose path does not name what it is about: the rest of the path. An operation that is left out of the log
     * is entered with it. Of a request that needs no key, it says who it is of: without that, it is not entered.
     */
    audit: Said | null;
  }
}

/** What a route says of a request for the log. */
interface Said {
  readonly subject: string;
  readonly principal?: Principal;
}

/** Longest path that is kept whole. */
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
 * Whether a request may have changed something: one that succeeded, or failed in the server itself (500). What was refused, also for want
 * of room or of a database, what only asked whether it would be valid, and an answer that was given before have not.
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
