/** API keys: create, list, read, revoke. */
import { z } from "zod";
import { createKey } from "../../app/access/create-key.ts";
import { findOwnKey, listKeys } from "../../app/access/find-keys.ts";
import { revokeKey } from "../../app/access/revoke-key.ts";
import { newKeyBody } from "../../domain/access/api-key.ts";
import { DEFAULT_PROJECT } from "../../domain/access/project.ts";
import { parseBody } from "../connection/body.ts";
import type { App, RouteContext } from "../context.ts";
import { createdKeyAnswer, keyAnswer, keysAnswer, representCreatedKey, representKey } from "../openapi/key-schemas.ts";
import { answers } from "../openapi/openapi.ts";
import { keyParams, keysQuery } from "../openapi/parameters.ts";
import { representPage } from "../openapi/serializers.ts";

const tags = ["keys"];
const BODY_BYTES = 16 * 1024;

/** Registers the routes of keys. */
export function registerKeys(app: App, context: RouteContext): void {
  registerCreation(app, context);
  registerReading(app, context);
}

function registerCreation(app: App, { system, guard: { authenticator } }: RouteContext): void {
  app.post(
    "/v1/keys",
    {
      bodyLimit: BODY_BYTES,
      config: { idempotency: { answer: "secret" } },
      schema: {
        tags,
        operationId: "createKey",
        summary: "Make an API key",
        description: `For your own project; a key of \`${DEFAULT_PROJECT}\` can create keys for any project, and a project exists as soon as it has a key. The first key closes an open server: from then on every request needs one.`,
        body: newKeyBody,
        response: answers({ 201: ["The key, which is not shown again.", createdKeyAnswer] }, [400, 409, 413, 415, 422]),
      },
    },
    async (request, reply) => {
      const { record, key } = await createKey(system, request.principal, parseBody(newKeyBody, request.body));
      authenticator.keysChanged();
      request.log.info({ key_id: record.id, key_project: record.project, scopes: record.scopes }, "key made");
      reply.code(201).header("location", `/v1/keys/${record.id}`).header("cache-control", "no-store");
      return representCreatedKey({ record, key });
    },
  );
}

function registerReading(app: App, { system, guard: { authenticator } }: RouteContext): void {
  app.get(
    "/v1/keys",
    {
      schema: {
        tags,
        operationId: "listKeys",
        summary: "List API keys",
        description: `Newest first, including revoked and expired ones: those of your own project, or of all projects for a key of \`${DEFAULT_PROJECT}\`.`,
        querystring: keysQuery,
        response: answers({ 200: ["A page of keys.", keysAnswer] }, [422]),
      },
    },
    async ({ query, principal }) => representPage(await listKeys(system, principal, query), representKey),
  );

  app.get(
    "/v1/keys/:id",
    {
      schema: {
        tags,
        operationId: "readKey",
        summary: "Read the record of an API key",
        description: "When it was created and last used, and what it allows. Not the key itself.",
        params: keyParams,
        response: answers({ 200: ["The record.", keyAnswer] }, [404]),
      },
    },
    async ({ params, principal }) => representKey(await findOwnKey(system, principal, params.id)),
  );

  app.delete(
    "/v1/keys/:id",
    {
      schema: {
        tags,
        operationId: "revokeKey",
        summary: "Revoke an API key",
        description:
          "It stops working at once, and its sessions and the streams opened with it end. The record stays. 409 for the last key that can administer the server.",
        params: keyParams,
        response: answers({ 204: ["It is revoked.", z.undefined()] }, [404, 409]),
      },
    },
    async (request, reply) => {
      await revokeKey(system, request.principal, request.params.id, authenticator.hasAdminKey);
      authenticator.keysChanged();
      request.log.info({ key_id: request.params.id }, "key revoked");
      reply.code(204);
    },
  );
}
