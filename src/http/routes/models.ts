/** Models: list, read, delete, weights. */
import { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { z } from "zod";
import { findModel, readWeights } from "../../app/models/find-model.ts";
import { listModels, readModel } from "../../app/models/read-models.ts";
import { removeModel } from "../../app/models/remove-model.ts";
import { fileMetadata } from "../../domain/models/architecture.ts";
import { encodeSafetensors, SAFETENSORS_TYPE } from "../../formats/safetensors/safetensors.ts";
import type { App } from "../context.ts";
import { answers } from "../openapi/openapi.ts";
import { modelParams, modelsQuery } from "../openapi/parameters.ts";
import { modelAnswer, modelsAnswer } from "../openapi/response-schemas.ts";
import { representModel, representPage } from "../openapi/serializers.ts";

const tags = ["models"];

/** Registers the routes of models. */
export function registerModels(app: App): void {
  registerReading(app);
  registerWeights(app);
}

function registerReading(app: App): void {
  app.get(
    "/v1/models",
    {
      schema: {
        tags,
        operationId: "listModels",
        summary: "List models",
        description: "Newest first.",
        querystring: modelsQuery,
        response: answers({ 200: ["A page of models.", modelsAnswer] }, [422]),
      },
    },
    async ({ query: { name, ...page }, services }) =>
      representPage(await listModels(services, page, { name }), (model) => representModel(model, null, { listed: true })),
  );

  app.get(
    "/v1/models/:ref",
    {
      schema: {
        tags,
        operationId: "readModel",
        summary: "Read a model",
        description: "Its layers, class labels, metrics, evaluation, and the names, shapes and SHA-256 of its weights.",
        params: modelParams,
        response: answers({ 200: ["The model.", modelAnswer] }, [404]),
      },
    },
    async ({ params, services }) => {
      const { model, evaluation } = await readModel(services, params.ref);
      return representModel(model, evaluation);
    },
  );

  app.delete(
    "/v1/models/:ref",
    {
      schema: {
        tags,
        operationId: "deleteModel",
        summary: "Delete a model",
        description:
          "With its weights. The job that trained it stays. A version that an alias points at is not deleted: 409 names the aliases.",
        params: modelParams,
        response: answers({ 204: ["It is gone.", z.undefined()] }, [404, 409]),
      },
    },
    async ({ params, services }, reply) => {
      await removeModel(services, params.ref);
      reply.code(204);
    },
  );
}

function registerWeights(app: App): void {
  app.get(
    "/v1/models/:ref/weights",
    {
      schema: {
        tags,
        operationId: "readWeights",
        summary: "Download weights",
        description:
          "A safetensors file with PyTorch's names and layout for a Sequential: `load_state_dict(load_file(path))` takes it.",
        params: modelParams,
        response: answers({ 200: ["The file.", { [SAFETENSORS_TYPE]: z.string().meta({ format: "binary" }) }] }, [404]),
      },
    },
    async ({ params, services }, reply) => {
      const model = await findModel(services, params.ref);
      const weights = await readWeights(services, model.id);
      const metadata = fileMetadata(model);
      // Both may be long: the metadata, and the header that contains it.
      await nextTurn();
      const { size, pieces } = encodeSafetensors(weights, metadata);
      reply
        .type(SAFETENSORS_TYPE)
        .header("content-length", size)
        .header("content-disposition", `attachment; filename="${model.id}.safetensors"`)
        .header("etag", `"${model.sha256}"`);
      return Readable.from(pieces, { objectMode: false });
    },
  );
}
