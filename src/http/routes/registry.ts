/** Names of models: versions of a name, aliases, tags, and comparisons of two. */
import { z } from "zod";
import { compareModels } from "../../app/models/compare-models.ts";
import { deleteAlias, setAlias, tagModel } from "../../app/models/name-models.ts";
import { listVersions, type ModelView } from "../../app/models/read-models.ts";
import { aliasBody, tagsBody } from "../../domain/models/registry.ts";
import { parseBody, readBodyAs } from "../connection/body.ts";
import type { App } from "../context.ts";
import { comparisonAnswer, representComparison } from "../openapi/comparison-schema.ts";
import { answers } from "../openapi/openapi.ts";
import { aliasParams, compareQuery, modelNameParams, modelParams, versionsQuery } from "../openapi/parameters.ts";
import { modelAnswer, modelsAnswer } from "../openapi/response-schemas.ts";
import { representModel, representPage } from "../openapi/serializers.ts";

const tags = ["models"];
const BODY_BYTES = 128 * 1024;
const ALIAS_BYTES = 4096;

/** Registers the routes of the registry. */
export function registerRegistry(app: App): void {
  registerReading(app);
  registerAliases(app);
  registerTags(app);
}

function registerReading(app: App): void {
  app.get(
    "/v1/models/:name/versions",
    {
      schema: {
        tags,
        operationId: "listVersions",
        summary: "List the versions of a name",
        description: "Newest first. A job's model is the next version of the job's name.",
        params: modelNameParams,
        querystring: versionsQuery,
        response: answers({ 200: ["A page of models.", modelsAnswer] }, [404, 422]),
      },
    },
    async ({ params: { name }, query, services }) => {
      const page = await listVersions(services, name, query);
      return representPage(page, (model) => representModel(model, null, { listed: true }));
    },
  );

  app.get(
    "/v1/models/:ref/compare",
    {
      schema: {
        tags,
        operationId: "compareModels",
        summary: "Compare two models",
        description:
          "Their metrics and scores side by side, and every place where the specs of their jobs differ. `a` is the model in the path, `b` the one in `with`.",
        params: modelParams,
        querystring: compareQuery,
        response: answers({ 200: ["Both, and what differs.", comparisonAnswer] }, [404, 422]),
      },
    },
    async ({ params, query, services }) => representComparison(await compareModels(services, params.ref, query.with)),
  );
}

function registerAliases(app: App): void {
  app.put(
    "/v1/models/:name/aliases/:alias",
    {
      bodyLimit: ALIAS_BYTES,
      schema: {
        tags,
        operationId: "setAlias",
        summary: "Point an alias at a version",
        description:
          "`name@alias` then means this version. An existing alias moves atomically: every request sees either the old or the new version.",
        params: aliasParams,
        body: aliasBody,
        response: answers({ 200: ["The version that it points at.", modelAnswer] }, [400, 404, 413, 415, 422]),
      },
    },
    async ({ params: { name, alias }, body, services }) => {
      const { version } = parseBody(aliasBody, body);
      return represent(await setAlias(services, name, alias, version));
    },
  );

  app.delete(
    "/v1/models/:name/aliases/:alias",
    {
      schema: {
        tags,
        operationId: "deleteAlias",
        summary: "Delete an alias",
        description: "The version that it points at stays.",
        params: aliasParams,
        response: answers({ 204: ["It is gone.", z.undefined()] }, [404, 422]),
      },
    },
    async ({ params: { name, alias }, services }, reply) => {
      await deleteAlias(services, name, alias);
      reply.code(204);
    },
  );
}

function registerTags(app: App): void {
  app.patch(
    "/v1/models/:ref",
    {
      bodyLimit: BODY_BYTES,
      schema: {
        tags,
        operationId: "tagModel",
        summary: "Change a model's tags",
        description: "Sets the tags that you name, removes those that are null, and leaves the others.",
        params: modelParams,
        body: tagsBody,
        response: answers({ 200: ["The model.", modelAnswer] }, [400, 404, 413, 415, 422]),
      },
    },
    async (request) => {
      const { tags: changes } = await readBodyAs(request, "tags");
      return represent(await tagModel(request.services, request.params.ref, changes));
    },
  );
}

function represent({ model, evaluation }: ModelView) {
  return representModel(model, evaluation);
}
