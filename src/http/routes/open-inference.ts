/** The Open Inference Protocol, version 2: health, metadata, inference. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { findModel } from "../../app/models/find-model.ts";
import { predictDocument } from "../../app/models/predict-stream.ts";
import { listModels } from "../../app/models/read-models.ts";
import { predictAndKeep } from "../../app/monitoring/feedback.ts";
import type { ProjectServices } from "../../app/services.ts";
import { TrainyardError } from "../../domain/errors.ts";
import { NOTHING_ASKED } from "../../domain/models/answer-options.ts";
import type { Model } from "../../domain/models/model.ts";
import { rowNotes } from "../../domain/models/remarks.ts";
import { parseForeignDocument } from "../../domain/protocols/foreign-json.ts";
import {
  createInferenceStatistics,
  type InferenceStatistics,
  modelStatistics,
} from "../../domain/protocols/inference-statistics.ts";
import {
  configOf,
  inferAnswer,
  inferRequest,
  inferResponse,
  inferRows,
  metadataOf,
  modelConfig,
  modelMetadata,
} from "../../domain/protocols/open-inference.ts";
import { JSON_LENGTH_HEADER } from "../../domain/protocols/routed-request.ts";
import { VERSION } from "../../domain/version.ts";
import { PARSED_HERE_BYTES } from "../connection/body.ts";
import { framedBody, keptAs } from "../connection/foreign-body.ts";
import { whileConnected } from "../connection/request-ending.ts";
import type { App, RouteContext } from "../context.ts";
import { foreignResponses, openForeignProtocol } from "../errors/foreign-protocol.ts";
import { keepingHeaders, modelRefParams, modelVersionParams } from "../openapi/parameters.ts";
import { FOREIGN_TAG } from "../openapi/tags.ts";
import { PREDICT_BODY_BYTES } from "./predict.ts";

const tags = [FOREIGN_TAG];

/** Maximum versions in the metadata of a model, or models in the index, newest first. */
const MAX_VERSIONS = 200;
/** Largest body of a request for the index. */
const INDEX_BODY_BYTES = 4096;
/** The supported extensions of Triton, by their names there. */
const EXTENSIONS = ["binary_tensor_data", "model_configuration", "statistics"];

/** Registers the routes of the protocol. */
export function registerOpenInference(app: App, context: RouteContext): void {
  openForeignProtocol(app, (scope) => {
    registerServer(scope, context);
    registerIndex(scope);
    const statistics = createInferenceStatistics();
    registerStatistics(scope, statistics);
    for (const place of PLACES) registerModel(scope, context, place, statistics);
  });
}

/** Where a model is in a path: its name, or one of its versions. A name may be any reference. */
interface Place {
  readonly path: string;
  readonly suffix: string;
  readonly params: z.ZodType;
  refOf(params: Readonly<Record<string, string>>): string;
}

/** As `findModel`, in Triton's words, with the cure behind them. */
async function findServed(services: ProjectServices, ref: string): Promise<Model> {
  try {
    return await findModel(services, ref);
  } catch (error) {
    if (!(error instanceof TrainyardError) || error.code !== "not_found") throw error;
    const [, name, version] = /^(.*?)(?:@(\d+))?$/.exec(ref) ?? [];
    const words = `Request for unknown model: '${name}'${version ? ` version ${version}` : ""} is not found`;
    throw new TrainyardError(
      "not_found",
      error.message.replace(`there is no model ${ref}`, () => words),
    );
  }
}

const PLACES: readonly Place[] = [
  { path: "/v2/models/:name", suffix: "", params: modelRefParams, refOf: ({ name = "" }) => name },
  {
    path: "/v2/models/:name/versions/:version",
    suffix: "Version",
    params: modelVersionParams,
    refOf: ({ name, version }) => `${name}@${version}`,
  },
];

function registerServer(app: App, { lifecycle }: RouteContext): void {
  const route = (path: string, operationId: string, summary: string, schema: z.ZodType, read: () => object): void => {
    const response = foreignResponses("The answer.", schema, [503]);
    const description = "As the Open Inference Protocol has it, version 2.";
    app.get(path, { schema: { tags, operationId, summary, description, response } }, async () => read());
  };
  const metadata = z.object({ name: z.string(), version: z.string(), extensions: z.array(z.string()) });
  route("/v2", "serverMetadata", "Metadata of the server", metadata, () => ({
    name: "trainyard",
    version: VERSION,
    extensions: EXTENSIONS,
  }));
  const live = z.object({ live: z.boolean() });
  route("/v2/health/live", "serverLive", "Is the server alive?", live, () => ({ live: true }));
  // The protocol's text calls it live here too; some clients look for ready.
  const ready = z.object({ live: z.boolean(), ready: z.boolean() });
  route("/v2/health/ready", "serverReady", "Does the server take requests?", ready, () => {
    if (lifecycle.phase !== "ready") throw new TrainyardError("unavailable", `the server is ${lifecycle.phase}`);
    return { live: true, ready: true };
  });
}

function registerModel(
  app: App,
  { limits }: RouteContext,
  { path, suffix, params, refOf }: Place,
  statistics: InferenceStatistics,
): void {
  const refIn = (request: { readonly params: unknown }) => refOf(request.params as Record<string, string>);
  app.get(
    path,
    {
      schema: {
        tags,
        operationId: `modelMetadata${suffix}`,
        summary: "Metadata of a model",
        description: `Names, types and shapes of its tensors, and its versions, newest first, ${MAX_VERSIONS} at most.`,
        params,
        response: foreignResponses("The metadata.", modelMetadata, [404]),
      },
    },
    async (request) => {
      const { services } = request;
      const model = await findServed(services, refIn(request));
      const { data } = await listModels(services, { limit: MAX_VERSIONS }, { name: model.name });
      return metadataOf(
        model,
        data.map(({ version }) => version),
      );
    },
  );
  app.get(
    `${path}/ready`,
    {
      schema: {
        tags,
        operationId: `modelReady${suffix}`,
        summary: "Can a model be used?",
        description: "A model that is there can be used.",
        params,
        response: foreignResponses("It can.", z.object({ name: z.string(), ready: z.literal(true) }), [404]),
      },
    },
    async (request) => ({ name: (await findServed(request.services, refIn(request))).name, ready: true }),
  );
  app.post(
    `${path}/infer`,
    {
      bodyLimit: Math.min(PREDICT_BODY_BYTES, limits.bodyBytes),
      config: { gzip: true },
      schema: {
        tags,
        operationId: `infer${suffix}`,
        summary: "Infer",
        description:
          "A model with named columns takes a tensor a column, [rows] or [rows, 1], BYTES for labels and dates; columns that are left out are missing. Any other takes one tensor, [rows, width]. Outputs are `value` [rows, outputs], or `label` [rows], `probability` [rows] and `probabilities` [rows, classes]. The numbers are those of `/predict`; they are used as they are written, whatever width the datatype has. Tensors may be bytes behind the JSON, by the binary tensor data extension of Triton (`binary_data_size`, `binary_data`, `binary_data_output`, and the header `Inference-Header-Content-Length`). Notes on odd rows, as those of `/predict`, are the parameter `notes` of the answer, as JSON.",
        params,
        headers: keepingHeaders,
        body: inferRequest,
        response: foreignResponses("The outputs.", inferResponse, [400, 404, 413]),
      },
    },
    (request, reply) => infer(refIn(request), request, reply, statistics),
  );
  app.get(
    `${path}/stats`,
    {
      schema: {
        tags,
        operationId: `modelStatistics${suffix}`,
        summary: "Statistics of a model",
        description: `As Triton's statistics extension has it: of each version, newest first, ${MAX_VERSIONS} at most, or of the one that is named. ${COUNTED}`,
        params,
        response: foreignResponses("The statistics.", modelStatistics, [404]),
      },
    },
    async (request) => {
      const { services } = request;
      const ref = refIn(request);
      const model = await findServed(services, ref);
      // A name stands for all of its versions; any other reference for one.
      if (ref !== model.name) return statistics.read([model]);
      return statistics.read((await listModels(services, { limit: MAX_VERSIONS }, { name: model.name })).data);
    },
  );
  app.get(
    `${path}/config`,
    {
      schema: {
        tags,
        operationId: `modelConfig${suffix}`,
        summary: "Configuration of a model",
        description: "As Triton's model configuration extension has it.",
        params,
        response: foreignResponses("The configuration.", modelConfig, [404]),
      },
    },
    async (request) => configOf(await findServed(request.services, refIn(request))),
  );
}

async function infer(
  ref: string,
  request: FastifyRequest,
  reply: FastifyReply,
  statistics: InferenceStatistics,
): Promise<object> {
  const { headers, body } = request;
  const services = whileConnected(request, reply);
  const startedAt = performance.now();
  const { json, bytes } = framedBody(headers, body);
  if (json.length + bytes.length > PARSED_HERE_BYTES)
    return inferInThread(ref, { services, body, headers }, reply, statistics, json.length);
  const asked = parseForeignDocument(inferRequest, json);
  const parsedAt = performance.now();
  const model = await findServed(services, ref);
  const foundAt = performance.now();
  try {
    const instances = inferRows(model, asked, bytes);
    const readAt = performance.now();
    const { predictions, remarks } = await predictAndKeep(services, model, instances, keptAs(headers));
    const inferredAt = performance.now();
    const answer = inferAnswer(model, predictions, rowNotes(model, remarks, predictions.length), asked);
    const head = answer.bytes ? Buffer.from(JSON.stringify(answer.json)) : null;
    const output = performance.now() - inferredAt;
    const times = { input: parsedAt - startedAt + readAt - foundAt, infer: inferredAt - readAt, output };
    statistics.succeeded(model.id, predictions.length, times, Date.now());
    if (!head || !answer.bytes) return answer.json;
    reply.header(JSON_LENGTH_HEADER, head.length).type("application/octet-stream");
    return Buffer.concat([head, ...answer.bytes]);
  } catch (error) {
    statistics.failed(model.id, performance.now() - startedAt);
    throw error;
  }
}

/** Does the same for a large body, of which the first `jsonBytes` are JSON. */
async function inferInThread(
  ref: string,
  { services, body, headers }: Pick<FastifyRequest, "services" | "body" | "headers">,
  reply: FastifyReply,
  statistics: InferenceStatistics,
  jsonBytes: number,
): Promise<object> {
  const startedAt = performance.now();
  const model = await findServed(services, ref);
  try {
    const keepAs = keptAs(headers);
    const asked = { format: "open-inference", ...NOTHING_ASKED, keepAs, document: { jsonBytes } } as const;
    const { bytes, rows, document } = await predictDocument(services, model, body as Uint8Array<ArrayBuffer>, asked);
    if (document) statistics.succeeded(model.id, rows, document.times, Date.now());
    const head = document?.jsonBytes ?? null;
    if (head !== null) reply.header(JSON_LENGTH_HEADER, head);
    reply.type(head === null ? "application/json; charset=utf-8" : "application/octet-stream");
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  } catch (error) {
    statistics.failed(model.id, performance.now() - startedAt);
    throw error;
  }
}

const COUNTED =
  "Requests to `/infer` that this process has answered since it started are counted, each as one execution; of many processes each has its own counts. Up to 1,000 models that were used last, and 100 batch sizes of each.";

/** Registers the statistics of all models. A model that is named `stats` has its metadata at the paths of its versions. */
function registerStatistics(app: App, statistics: InferenceStatistics): void {
  app.get(
    "/v2/models/stats",
    {
      schema: {
        tags,
        operationId: "allModelStatistics",
        summary: "Statistics of all models",
        description: `As Triton's statistics extension has it: of all versions, newest first, ${MAX_VERSIONS} at most. ${COUNTED}`,
        response: foreignResponses("The statistics.", modelStatistics),
      },
    },
    async ({ services }) => statistics.read((await listModels(services, { limit: MAX_VERSIONS })).data),
  );
}

const indexEntry = z.object({ name: z.string(), version: z.string(), state: z.literal("READY"), reason: z.string() });

/** Registers the index of models, of Triton's model repository extension. What is stored is loaded: nothing else of it is here. */
function registerIndex(app: App): void {
  app.post(
    "/v2/repository/index",
    {
      bodyLimit: INDEX_BODY_BYTES,
      schema: {
        tags,
        operationId: "repositoryIndex",
        summary: "Models that can be used",
        description: `As Triton's model repository extension lists them: versions, newest first, ${MAX_VERSIONS} at most. All are ready.`,
        body: z.object({ ready: z.boolean().optional() }).optional(),
        response: foreignResponses("The models.", z.array(indexEntry), [400, 413]),
      },
    },
    async ({ services }) => {
      const { data } = await listModels(services, { limit: MAX_VERSIONS });
      return data.map(({ name, version }) => ({ name, version: String(version), state: "READY" as const, reason: "" }));
    },
  );
}
