/** Models from files, and models from jobs that run again. */
import type { IncomingMessage } from "node:http";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { reproduce } from "../../app/jobs/reproduce.ts";
import { importModel } from "../../app/models/import-model.ts";
import { TrainyardError } from "../../domain/errors.ts";
import { SAFETENSORS_TYPE } from "../../formats/safetensors/safetensors.ts";
import { readBody } from "../connection/body.ts";
import { idempotentId } from "../connection/idempotency.ts";
import type { App, RouteContext } from "../context.ts";
import { answers } from "../openapi/openapi.ts";
import { importQuery, modelParams } from "../openapi/parameters.ts";
import { jobAnswer, modelAnswer } from "../openapi/response-schemas.ts";
import { representJob, representModel } from "../openapi/serializers.ts";

const tags = ["models"];
const FILE_TYPES = [SAFETENSORS_TYPE, "application/octet-stream"];

/** Registers the routes of imports and reproductions. */
export function registerImports(app: App, context: RouteContext): void {
  // Bodies are files here and nowhere else.
  app.register(async (scope: App) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(FILE_TYPES, (request: FastifyRequest, payload: IncomingMessage) => readBody(request, payload));
    registerImport(scope, context);
  });
  registerReproduction(app, context);
}

function registerImport(app: App, { lifecycle, limits }: RouteContext): void {
  app.post(
    "/v1/models",
    {
      bodyLimit: limits.bodyBytes,
      config: { idempotency: { makes: "model" } },
      schema: {
        tags,
        operationId: "importModel",
        summary: "Import a model",
        description: `The body is a safetensors file of F32 or F64 tensors by PyTorch's names for a Sequential, as \`GET /v1/models/{ref}/weights\` gives it: it then has the architecture in its \`__metadata__\` and needs nothing else. A file from elsewhere gets one in the query, or in its metadata: \`save_file(model.state_dict(), path, metadata={"trainyard.architecture": json.dumps({...})})\`. Names, shapes and classes are checked against the architecture; \`num_batches_tracked\` is left out. At most TRAINYARD_MAX_BODY_BYTES.`,
        consumes: FILE_TYPES,
        querystring: importQuery,
        body: z.string().meta({ format: "binary", description: "The file." }),
        response: answers({ 201: ["The model, the next version of its name.", modelAnswer] }, [400, 413, 415, 422, 503]),
      },
    },
    async (request, reply) => {
      if (lifecycle.phase !== "ready") throw new TrainyardError("unavailable", `the server is ${lifecycle.phase}`);
      const file = (request.body ?? new Uint8Array()) as unknown as Uint8Array<ArrayBuffer>;
      const model = await importModel(request.services, file, { ...request.query, id: idempotentId(request) });
      request.log.info({ model_id: model.id, parameters: model.parameters }, "model imported");
      reply.code(201).header("location", `/v1/models/${model.id}`);
      return representModel(model, null);
    },
  );
}

function registerReproduction(app: App, { lifecycle }: RouteContext): void {
  app.post(
    "/v1/models/:ref/reproduce",
    {
      config: { idempotency: { makes: "job" } },
      schema: {
        tags,
        operationId: "reproduceModel",
        summary: "Train a model again and compare the bits",
        description:
          "Queues the job that trained the model once more: same resolved spec, rows and initial weights. It makes no model. When it has succeeded, its `agrees` says whether the weights have the same SHA-256, and `reproduces.result_sha256` which they have. 409 when the model was imported, or when its job or data set was deleted.",
        params: modelParams,
        response: answers({ 202: ["The new job, queued.", jobAnswer] }, [404, 409, 503]),
      },
    },
    async (request, reply) => {
      const { params, services } = request;
      if (lifecycle.phase !== "ready") throw new TrainyardError("unavailable", `the server is ${lifecycle.phase}`);
      const view = await reproduce(services, params.ref, idempotentId(request));
      reply.code(202).header("location", `/v1/jobs/${view.job.id}`);
      return representJob(view);
    },
  );
}
