/** The audit log: who changed what, with which key. */
import { z } from "zod";
import { listAuditLog } from "../../app/access/list-audit-log.ts";
import type { NamedAuditEntry } from "../../domain/access/audit-log.ts";
import { DEFAULT_PROJECT } from "../../domain/access/project.ts";
import { ID_PREFIXES } from "../../domain/id.ts";
import type { App, RouteContext } from "../context.ts";
import { answers } from "../openapi/openapi.ts";
import { idOf, pageOf } from "../openapi/parameters.ts";
import { isoTime, representPage } from "../openapi/serializers.ts";

const EXAMPLE = {
  id: "aud_0197b2a4-6c3e-7d2f-9a51-3f0c5d7e8b90",
  at: "2026-03-01T09:00:00.000Z",
  project: "default",
  key: { id: "key_0197b2a4-6c3e-7d2f-9a51-3f0c5d7e8b91", name: "notebook" },
  by_session: false,
  operation: "deleteModel",
  method: "DELETE",
  path: "/v1/models/churn@1",
  made: null,
  status: 204,
  request_id: "3f876499-9235-4393-8253-18f491009da6",
};

const auditQuery = z.object({
  key: idOf(ID_PREFIXES.key, "key").optional().meta({ description: "Only what was done with this key." }),
  operation: z
    .string()
    .max(100)
    .optional()
    .meta({ description: "Only this operation, by its `operationId` in this document, like `deleteModel`." }),
  ...pageOf(ID_PREFIXES.audit),
});

const entryAnswer = z
  .object({
    id: z.string(),
    at: z.iso.datetime(),
    project: z.string(),
    key: z
      .object({ id: z.string(), name: z.string().nullable() })
      .nullable()
      .meta({ description: "The key that it was done with; null: the server required none." }),
    by_session: z.boolean().meta({ description: "Whether it came from a browser that had signed in with the key." }),
    operation: z.string().meta({ description: "The `operationId` of the operation in this document." }),
    method: z.string().meta({
      description: "`LOCAL` for a command on the machine itself, with `--data-dir`: it has no key and no request.",
    }),
    path: z.string().meta({ description: "As it was asked for, without what came after a `?`." }),
    made: z.string().nullable().meta({ description: "The path of what was made; null where nothing was." }),
    status: z.int(),
    request_id: z.string().meta({ description: "The `request_id` in the server's log." }),
  })
  .meta({ id: "AuditEntry", description: "A change that somebody made.", examples: [EXAMPLE] });

/** Registers the route of the audit log. */
export function registerAuditLog(app: App, { system }: RouteContext): void {
  app.get(
    "/v1/audit",
    {
      schema: {
        tags: ["keys"],
        operationId: "listAuditLog",
        summary: "List who changed what, with which key",
        description: `Newest first: every request that created, changed or deleted something, or failed in the server while doing so (500). Reads, predictions, refused requests and validations are not listed. Lists the entries of your own project, or of all projects for a key of \`${DEFAULT_PROJECT}\`. Entries are kept for TRAINYARD_RETAIN_AUDIT_DAYS, even after the deletion of what they describe.`,
        querystring: auditQuery,
        response: answers(
          {
            200: [
              "A page of entries.",
              z
                .object({ data: z.array(entryAnswer), has_more: z.boolean(), next_after: z.string().nullable() })
                .meta({ id: "AuditPage", description: "Entries of the audit log, newest first." }),
            ],
          },
          [422],
        ),
      },
    },
    async ({ query: { key, operation, ...page }, principal }) =>
      representPage(await listAuditLog(system, principal, { key, operation }, page), represent),
  );
}

function represent({ at, keyId, keyName, bySession, requestId, ...same }: NamedAuditEntry) {
  return {
    ...same,
    at: isoTime(at),
    key: keyId === null ? null : { id: keyId, name: keyName },
    by_session: bySession,
    request_id: requestId,
  };
}
