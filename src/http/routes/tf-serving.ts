/** TensorFlow Serving's REST API: predict and model status. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { findModel, noModel } from "../../app/models/find-model.ts";
import { predictDocument } from "../../app/models/predict-stream.ts";
import { predictAndKeep } from "../../app/monitoring/feedback.ts";
import { TrainyardError } from "../../domain/errors.ts";
import { NOTHING_ASKED } from "../../domain/models/answer-options.ts";
import { rowNotes } from "../../domain/models/remarks.ts";
import { parseForeignDocument } from "../../domain/protocols/foreign-json.ts";
import { tfAnswer, tfMetadata, tfMetadataOf, tfRequest, tfRows } from "../../domain/protocols/tf-serving.ts";
import { PARSED_HERE_BYTES } from "../connection/body.ts";
import { keptAs } from "../connection/foreign-body.ts";
import { setNotesHeader } from "../connection/notes-header.ts";
import { whileConnected } from "../connection/request-ending.ts";
import type { App, RouteContext } from "../context.ts";
import { foreignResponses, openForeignProtocol } from "../errors/foreign-protocol.ts";
import { keepingHeaders, modelParams, modelVersionParams } from "../openapi/parameters.ts";
import { FOREIGN_TAG } from "../openapi/tags.ts";
import { PREDICT_BODY_BYTES } from "./predict.ts";

const tags = [FOREIGN_TAG];

const tfResponse = z.union([z.object({ predictions: z.array(z.unknown()) }), z.object({ outputs: z.unknown() })]).meta({
  id: "TfPredictResponse",
  examples: [
    { predictions: [3.5, 4] },
    { predictions: [{ label: "Adelie", probability: 0.97, probabilities: [0.97, 0.03] }] },
    { outputs: { label: ["Adelie"], probability: [0.97], probabilities: [[0.97, 0.03]] } },
  ],
});

const status = z
  .object({
    model_version_status: z.array(
      z.object({
        version: z.string(),
        state: z.literal("AVAILABLE"),
        status: z.object({ error_code: z.literal("OK"), error_message: z.literal("") }),
      }),
    ),
  })
  .meta({ id: "TfModelStatus" });

/** Registers the routes of the protocol. */
export function registerTfServing(app: App, context: RouteContext): void {
  openForeignProtocol(app, (scope) => {
    registerPredict(scope, context);
    registerStatus(scope);
    registerMetadata(scope);
    registerRefusals(scope);
  });
}

function registerPredict(app: App, { limits }: RouteContext): void {
  const bodyLimit = Math.min(PREDICT_BODY_BYTES, limits.bodyBytes);
  const schemaOf = (operationId: string, params: z.ZodType) => ({
    tags,
    operationId,
    summary: "Predict, as TensorFlow Serving does",
    description:
      "Rows as `instances`, answered as `predictions`, or columns as `inputs`, answered as `outputs`. A column is a named input; a model whose columns have no names has one input, `features`. A regression of one value is answered by a number a row; classes by `label`, `probability`, and `probabilities` in the order of the model's classes. The numbers are those of `/predict`; what is not finite is a string. Notes on odd rows, as those of `/predict`, are in the header `trainyard-notes`, as JSON.",
    params,
    headers: keepingHeaders,
    body: tfRequest,
    response: foreignResponses("The predictions.", tfResponse, [400, 404, 413]),
  });
  app.post(
    "/v1/models/:ref(^[^:]+)::predict",
    { bodyLimit, config: { gzip: true }, schema: schemaOf("tfPredict", modelParams) },
    (request, reply) => answer(request, (request.params as z.output<typeof modelParams>).ref, reply),
  );
  app.post(
    "/v1/models/:name/versions/:version(^[0-9]+)::predict",
    { bodyLimit, config: { gzip: true }, schema: schemaOf("tfPredictVersion", modelVersionParams) },
    (request, reply) => {
      const { name, version } = request.params as z.output<typeof modelVersionParams>;
      return answer(request, `${name}@${version}`, reply);
    },
  );
}

async function answer(
  asked: Pick<FastifyRequest, "services" | "body" | "headers">,
  ref: string,
  reply: FastifyReply,
): Promise<object> {
  const { body: sent, headers } = asked;
  const services = whileConnected(asked, reply);
  const body = (sent ?? new Uint8Array()) as Uint8Array<ArrayBuffer>;
  const keepAs = keptAs(headers);
  if (body.byteLength > PARSED_HERE_BYTES) {
    const model = await findModel(services, ref);
    const options = { format: "tf-serving", ...NOTHING_ASKED, keepAs } as const;
    const { bytes, remarks, rows } = await predictDocument(services, model, body, options);
    setNotesHeader(reply, rowNotes(model, remarks, rows));
    reply.type("application/json; charset=utf-8");
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  const request = parseForeignDocument(tfRequest, body);
  const model = await findModel(services, ref);
  const { predictions, remarks } = await predictAndKeep(services, model, tfRows(model, request), keepAs);
  setNotesHeader(reply, rowNotes(model, remarks, predictions.length));
  return tfAnswer(model, predictions, request);
}

function registerStatus(app: App): void {
  app.get(
    "/v1/models/:name/versions/:version",
    {
      schema: {
        tags,
        operationId: "tfModelStatus",
        summary: "Status of a version, as TensorFlow Serving tells it",
        description: "`GET /v1/models/{ref}` is Trainyard's own: the model.",
        params: modelVersionParams,
        response: foreignResponses("It is there.", status, [404]),
      },
    },
    async ({ params: { name, version }, services }) => {
      const model = await findModel(services, `${name}@${version}`);
      if (String(model.version) !== version) throw await noModel(services, `${name}@${version}`);
      const ok = { error_code: "OK", error_message: "" };
      return { model_version_status: [{ version, state: "AVAILABLE", status: ok }] };
    },
  );
}

function registerMetadata(app: App): void {
  const schemaOf = (operationId: string, params: z.ZodType) => ({
    tags,
    operationId,
    summary: "Signature of a model, as TensorFlow Serving tells it",
    description: "A model has one signature, `serving_default`.",
    params,
    response: foreignResponses("The metadata.", tfMetadata, [404]),
  });
  app.get("/v1/models/:ref/metadata", { schema: schemaOf("tfMetadata", modelParams) }, async ({ params, services }) =>
    tfMetadataOf(await findModel(services, (params as z.output<typeof modelParams>).ref)),
  );
  app.get(
    "/v1/models/:name/versions/:version/metadata",
    { schema: schemaOf("tfMetadataVersion", modelVersionParams) },
    async ({ params, services }) => {
      const { name, version } = params as z.output<typeof modelVersionParams>;
      return tfMetadataOf(await findModel(services, `${name}@${version}`));
    },
  );
}

/** TensorFlow Serving's other calls, which take serialised examples for signatures that no model here has. */
function registerRefusals(app: App): void {
  const schema = { hide: true, operationId: "tfRefused" };
  for (const call of ["classify", "regress"])
    for (const path of ["/v1/models/:ref(^[^:]+)", "/v1/models/:name/versions/:version(^[0-9]+)"])
      app.post(`${path}::${call}`, { schema }, async ({ url }) => {
        const [asked = ""] = url.split("?", 1);
        const cure = `POST ${asked.replace(/:\w+$/, ":predict")} answers classes and values`;
        throw new TrainyardError("malformed", `models here have no ${call} signature: ${cure}`);
      });
}
