/** Models: list, read, delete, weights, predict. */
import { Readable } from "node:stream";
import { z } from "zod";
import { invalid, notFound, TrainyardError } from "../../domain/errors.ts";
import type { Model } from "../../domain/model.ts";
import { fieldErrors } from "../../domain/spec.ts";
import { encodeSafetensors, SAFETENSORS_TYPE, safetensorsSize } from "../../formats/safetensors.ts";
import { predict } from "../../jobs/predict.ts";
import type { Services } from "../../jobs/services.ts";
import { modelAnswer, modelsAnswer, predictBody, predictionsAnswer } from "../answers.ts";
import { parseJson } from "../body.ts";
import type { App, RouteContext } from "../context.ts";
import { answers } from "../openapi.ts";
import { modelParams, modelsQuery } from "../parameters.ts";
import { representModel, representPage, representPrediction } from "../representations.ts";

const tags = ["models"];

/** Largest predict body. It is parsed on the event loop, where this many bytes of numbers take about 3 ms. */
const PREDICT_BODY_BYTES = 256 * 1024;

/** Registers the routes of models. */
export function registerModels(app: App, context: RouteContext): void {
  registerReading(app, context);
  registerWeights(app, context);
  registerPredict(app, context);
}

function registerReading(app: App, { services }: RouteContext): void {
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
    async ({ query }) => representPage(await services.store.listModels(query), (model) => representModel(model, null)),
  );

  app.get(
    "/v1/models/:id",
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
    async ({ params }) => {
      const model = await modelOf(services, params.id);
      return representModel(model, await services.store.readEvaluation(model.id));
    },
  );

  app.delete(
    "/v1/models/:id",
    {
      schema: {
        tags,
        operationId: "deleteModel",
        summary: "Delete a model",
        description: "With its weights. The job that trained it stays.",
        params: modelParams,
        response: answers({ 204: ["It is gone.", z.undefined()] }, [404]),
      },
    },
    async ({ params }, reply) => {
      const { deleted, aliases } = await services.store.deleteModel(params.id);
      if (aliases.length > 0)
        throw new TrainyardError("conflict", `${aliases.join(", ")} points at it: move or delete that first`);
      if (!deleted) throw notFound("model", params.id);
      services.desk.forget(params.id);
      reply.code(204);
    },
  );
}

function registerWeights(app: App, { services }: RouteContext): void {
  app.get(
    "/v1/models/:id/weights",
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
    async ({ params }, reply) => {
      const model = await modelOf(services, params.id);
      const weights = await services.store.readWeights(model.id);
      if (!weights) throw notFound("model", model.id);
      const metadata = { format: "pt", model: model.id, name: model.name, sha256: model.sha256 };
      reply
        .type(SAFETENSORS_TYPE)
        .header("content-length", safetensorsSize(weights, metadata))
        .header("content-disposition", `attachment; filename="${model.id}.safetensors"`)
        .header("etag", `"${model.sha256}"`);
      return Readable.from(encodeSafetensors(weights, metadata), { objectMode: false });
    },
  );
}

function registerPredict(app: App, { services }: RouteContext): void {
  app.post(
    "/v1/models/:id/predict",
    {
      bodyLimit: Math.min(PREDICT_BODY_BYTES, services.limits.bodyBytes),
      schema: {
        tags,
        operationId: "predict",
        summary: "Predict",
        description: `One prediction a row. A body holds at most ${PREDICT_BODY_BYTES / 1024} kB; send more rows in several requests.`,
        params: modelParams,
        body: predictBody,
        response: answers(
          { 200: ["The predictions, in the order of the rows.", predictionsAnswer] },
          [400, 404, 413, 415, 422],
        ),
      },
    },
    async ({ params, body }) => {
      const parsed = instances.safeParse(parseJson((body ?? new Uint8Array()) as unknown as Uint8Array));
      if (!parsed.success) throw invalid(fieldErrors(parsed.error));
      const predictions = await predict(services, params.id, parsed.data.instances);
      return { predictions: predictions.map(representPrediction) };
    },
  );
}

/** The frame of a predict body; what stands in a row is checked with the model at hand. */
const instances = z.strictObject({ instances: z.array(z.array(z.unknown())).min(1) });

async function modelOf(services: Services, id: string): Promise<Model> {
  const model = await services.store.getModel(id);
  if (!model) throw notFound("model", id);
  return model;
}
