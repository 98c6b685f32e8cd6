/** Predictions: a few rows as JSON, or a stream of any number of rows as CSV or NDJSON. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { explainRows } from "../../app/models/explain.ts";
import { findModel, knownModel } from "../../app/models/find-model.ts";
import { predictNow, predictRows } from "../../app/models/predict.ts";
import { type LineOptions, predictDocument, predictStream } from "../../app/models/predict-stream.ts";
import { assertKeepable, keepAnswers } from "../../app/monitoring/feedback.ts";
import type { Encoding } from "../../domain/datasets/encodings.ts";
import { invalid, TrainyardError } from "../../domain/errors.ts";
import { type ExplainRequest, explainRequestOf, notExplained } from "../../domain/explanations/explanation.ts";
import { type AnswerOptions, NOTHING_ASKED, optionsOf } from "../../domain/models/answer-options.ts";
import { type BatchFormat, trailerOf } from "../../domain/models/batch-trailer.ts";
import { answerNumber, unmonitored } from "../../domain/models/model.ts";
import { predictBody } from "../../domain/models/prediction.ts";
import { predictionsJson } from "../../domain/models/prediction-json.ts";
import type { Note } from "../../domain/notes.ts";
import { overLimit } from "../../formats/tables/table.ts";
import { asUtf8 } from "../../formats/tables/text-encoding.ts";
import { createBatchedReplies } from "../connection/batched-replies.ts";
import { PARSED_HERE_BYTES, parseBody } from "../connection/body.ts";
import { bodyChunks } from "../connection/body-bytes.ts";
import { drainRequest } from "../connection/connections.ts";
import { isGzip, unpackGzip } from "../connection/content-coding.ts";
import { sendBytes } from "../connection/large-answers.ts";
import { whileConnected } from "../connection/request-ending.ts";
import { inSpan } from "../connection/trace-requests.ts";
import type { App, RouteContext } from "../context.ts";
import { toProblem } from "../errors/problem.ts";
import { answers } from "../openapi/openapi.ts";
import { modelParams, predictQuery } from "../openapi/parameters.ts";
import { predictionsAnswer } from "../openapi/response-schemas.ts";

const tags = ["models"];

/** Largest JSON body that is explained, or of another server's protocol. */
export const PREDICT_BODY_BYTES = 256 * 1024;

/** Largest body that is answered in the same turn of the event loop: about 0.2 ms of work in all. */
const NOW_BODY_BYTES = 16 * 1024;

const JSON_TYPE = "application/json; charset=utf-8";

const BATCH_TYPES: ReadonlyMap<string, BatchFormat> = new Map([
  ["text/csv", "csv"],
  ["application/x-ndjson", "ndjson"],
]);

/** How long a client that does not read may delay the last line of an answer that failed. */
const FLUSH_MS = 30_000;

/** How long a connection with a broken answer waits for its client to close it. */
const LINGER_MS = 2000;

/** Registers the route of predictions. */
export function registerPredict(app: App, context: RouteContext): void {
  // Batches are streams, only in this scope.
  app.register(async (scope: App) => {
    for (const type of BATCH_TYPES.keys()) {
      scope.addContentTypeParser(type, (_request, payload, done) => done(null, payload));
    }
    registerRoute(scope, context);
  });
}

function registerRoute(app: App, { limits }: RouteContext): void {
  const sendBatched = createBatchedReplies();
  app.post(
    "/v1/models/:ref/predict",
    {
      bodyLimit: limits.bodyBytes,
      config: { gzip: true, entersSpan: true },
      schema: {
        tags,
        operationId: "predict",
        summary: "Predict",
        description: DESCRIPTION,
        consumes: ["application/json", ...BATCH_TYPES.keys()],
        params: modelParams,
        querystring: predictQuery,
        body: predictBody,
        response: answers(
          {
            200: [
              "The predictions, in the order of the rows, in the format of the body.",
              {
                "application/json": predictionsAnswer,
                "text/csv": z.string().meta({ examples: [CSV_EXAMPLE] }),
                "application/x-ndjson": z.string().meta({ examples: [NDJSON_EXAMPLE] }),
              },
            ],
          },
          [400, 404, 409, 413, 415, 422],
        ),
      },
    },
    (request, reply) => {
      const {
        header,
        trailer,
        encoding,
        spreadsheet,
        explain: method,
        background,
        prediction_id,
        counted,
        ...query
      } = request.query;
      const isCounted = counted === "true";
      const keepAs = prediction_id ?? null;
      const explain = explainOf(method, background);
      const given = optionsOf(query, NOTHING_ASKED);
      if (encoding !== "utf-8" && !batchFormatOf(request as FastifyRequest)) throw notText();
      const { ref } = request.params;
      const now = explain || keepAs !== null || !isCounted ? null : answerNow(request, ref, given);
      if (now === null)
        return inSpan(request as FastifyRequest, () =>
          answer(request as FastifyRequest, reply as FastifyReply, ref, {
            ...given,
            header,
            encoding,
            explain,
            keepAs,
            isCounted,
            spreadsheet: spreadsheet === "true",
            hasTrailer: trailer === "true",
          }),
        );
      // What is returned would be waited for.
      sendBatched(reply.type(JSON_TYPE) as FastifyReply, now);
      return undefined;
    },
  );
}

/** The answer to a few rows of a model that is cached, without waiting. Null if that is not possible. */
function answerNow({ services, body }: Asked, ref: string, given: AnswerOptions): string | null {
  if (!(body instanceof Uint8Array) || body.byteLength > NOW_BODY_BYTES) return null;
  const model = knownModel(services, ref);
  if (!model) return null;
  const { instances, explain, ...asked } = parseBody(predictBody, body);
  if (explain) return null;
  const options = optionsOf(asked, given);
  const predicted = predictNow(services, model, { instances, ...options });
  return predicted && predictionsJson(model, predicted, options.topK);
}

/** The explanation that the query asks for; null if it asks for none. */
function explainOf(method: "shapley" | undefined, background: number | undefined): ExplainRequest | null {
  if (method) return explainRequestOf({ background });
  if (background === undefined) return null;
  throw invalid([{ pointer: "/background", detail: "is only for explain=shapley: add that, or leave this out" }]);
}

type Asked = Pick<FastifyRequest, "services" | "body">;

/** What a query says about a stream. */
type BatchOptions = AnswerOptions &
  Required<Pick<LineOptions, "header" | "spreadsheet">> &
  Pick<CloseReason, "hasTrailer"> & {
    readonly encoding: Encoding;
    readonly explain: ExplainRequest | null;
    /** The id under which the answers are stored for feedback. */
    readonly keepAs: string | null;
    /** Whether monitoring counts the rows. */
    readonly isCounted: boolean;
  };

function notText(): TrainyardError {
  const detail =
    "is only for text/csv and application/x-ndjson, since JSON is UTF-8: leave it out, or send the rows as one of these";
  return invalid([{ pointer: "/encoding", detail }]);
}

/** The answer to a stream of rows, if the body is one; else to a JSON body. */
async function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  ref: string,
  { header, spreadsheet, encoding, hasTrailer, explain, keepAs, isCounted, ...given }: BatchOptions,
): Promise<unknown> {
  const format = batchFormatOf(request);
  if (!format) return predictJson(request, reply, ref, given, { explain, keepAs, isCounted });
  if (!isCounted) throw notCounted();
  if (keepAs !== null && explain) throw notKept(NOT_BOTH);
  const { uploadBytes } = request.services.limits;
  const body = request.body as IncomingMessage;
  const limit = { bytes: uploadBytes, error: () => overLimit("the packed body has more bytes", uploadBytes, "DATASET_BYTES") };
  const rows = isGzip(request.headers)
    ? (unpackGzip(packedChunks(body), limit) as AsyncGenerator<Uint8Array<ArrayBuffer>>)
    : bodyChunks(body, connectionEnded);
  const pieces = await predictStream(whileConnected(request, reply), ref, asUtf8(() => rows, encoding)(), {
    ...{ format, header, spreadsheet, explain, keepAs },
    ...given,
  });
  reply.type(format === "csv" ? "text/csv; charset=utf-8" : "application/x-ndjson");
  return streamOf(pieces, { format, hasTrailer }, request, reply);
}

/**
 * The answer to a JSON body of rows: a large one is answered in a thread, as bytes. `given` and `asked` come from the query; the body's own
 * have precedence.
 */
export async function predictJson(
  request: Asked,
  reply: Pick<FastifyReply, "type" | "raw">,
  ref: string,
  given: AnswerOptions,
  { explain: asked, keepAs, isCounted }: Pick<BatchOptions, "explain" | "keepAs" | "isCounted"> = NOTHING_MORE,
): Promise<string | Buffer> {
  const services = whileConnected(request, reply);
  const body = (request.body ?? new Uint8Array()) as Uint8Array<ArrayBuffer>;
  const found = await findModel(services, ref);
  const model = isCounted ? found : unmonitored(found);
  reply.type(JSON_TYPE);
  if (asked && body.byteLength > PREDICT_BODY_BYTES) throw notExplained();
  if (body.byteLength > PARSED_HERE_BYTES) {
    const { bytes, needs } = await predictDocument(services, model, body, {
      ...{ format: "json", ...given, keepAs, document: { explain: asked } },
    });
    // An explained document is not answered if its answers are to be stored.
    if (needs) throw notKept(NOT_BOTH);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  const { instances, explain: inBody, ...own } = parseBody(predictBody, body);
  const options = optionsOf(own, given);
  const explain = inBody ? explainRequestOf(inBody) : asked;
  if (keepAs !== null) {
    if (explain) throw notKept(NOT_BOTH);
    assertKeepable(model, instances.length);
    const predicted = await predictRows(services, model, { instances, ...options });
    await keepAnswers(services, model, keepAs, predicted.predictions.map(answerNumber));
    return predictionsJson(model, predicted, options.topK);
  }
  if (explain) {
    const bytes = await explainRows(services, model, { instances, options, explain });
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  return predictionsJson(model, await predictRows(services, model, { instances, ...options }), options.topK);
}

/** For a request whose query sets none of these. */
const NOTHING_MORE = { explain: null, keepAs: null, isCounted: true } as const;

function notCounted(): TrainyardError {
  return invalid([
    {
      pointer: "/counted",
      detail: "is only for JSON, since the rows of a stream are always counted: leave it out, or send JSON",
    },
  ]);
}

const NOT_BOTH = "is for predictions that are not explained: ask for one of the two";
const notKept = (detail: string): TrainyardError => invalid([{ pointer: "/prediction_id", detail }]);

const CSV_EXAMPLE =
  "island,body_mass_g,prediction,probability,probability_Adelie,probability_Gentoo\r\nDream,3750,Adelie,0.97,0.97,0.03\r\n";
const NDJSON_EXAMPLE = '{"label":"Adelie","probability":0.97,"probabilities":{"Adelie":0.97,"Gentoo":0.03}}\n';

const DESCRIPTION = `A prediction a row. The body is one of:

- \`application/json\`: \`{"instances": [...]}\`. A large body is answered in a thread.
- \`application/x-ndjson\`: a row a line, an array or an object; the answer has a prediction a line. Any number of rows.
- \`text/csv\`: comma, semicolon, tab or |, quoted as RFC 4180 says, lines ending in LF or CRLF. With a header, columns are found by their names, and one that is not there is missing in every row, as a column that JSON leaves out; without one, rows have the model's columns in their order. Each row is answered as it came, with further cells: \`prediction\` (\`prediction_...\` for each of several targets), of a model of quantiles \`quantile_0.5\` and so on, and, for classes, \`probability\` and \`probability_...\` for each class; with \`top_k\`, \`prediction_1\`, \`probability_1\` and so on instead; with \`interval\`, \`lower\` and \`upper\` of each target, or \`set\`, a JSON array of labels. Any number of rows.

With \`explain\` (of JSON, up to 256 KiB and 100 rows), each prediction has an \`explanation\`: the contribution of each column, which add up with a base to the prediction. The base is the mean prediction over background rows: rows that trained the model, read from its data set or job (409 where these were deleted), or rows that are sent.

A body may be packed: \`Content-Encoding: gzip\`. A packed stream has at most TRAINYARD_MAX_DATASET_BYTES, as it is sent and unpacked.

CSV and NDJSON are answered while they arrive, a block of rows at a time, with bounded memory: a sender that does not read the answer is made to wait. A row that is wrong ends the answer. Within the first block that is an ordinary error. Later the last line says what was wrong and where (NDJSON: \`{"error": {"code", "detail"}}\`; CSV: \`# error: \` and the detail), and the connection is closed without the end of the body that chunked encoding has, so that no client takes it for all there is. Some clients, \`fetch\` among them, throw away what they have not handed on yet when that happens, and with it the last line: with \`trailer=true\` the body always has its end, and its last line is that of the error, or, when all rows are answered, \`{"end":true}\` or \`# end\`.

\`notes\` of a JSON answer say what is odd about its rows: values further outside the range of the training rows than that range is wide (\`value_outside_training\`), and labels that no training row had (\`unseen_category\`), with how many rows have them and which are the first. They are left out where nothing is. With \`trailer=true\`, the last line of a stream has them: \`{"end":true,"notes":[...]}\`, or \`# end\` and the notes as JSON.`;

function batchFormatOf({ headers }: FastifyRequest): BatchFormat | null {
  const type = headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  return BATCH_TYPES.get(type) ?? null;
}

/** The bytes of a compressed body, which its reader may keep. The request stays open after they are read, so that an error can be answered. */
async function* packedChunks(body: IncomingMessage): AsyncGenerator<Uint8Array, void, void> {
  const chunks = body.iterator({ destroyOnReturn: false });
  try {
    yield* chunks as AsyncIterable<Uint8Array>;
  } catch {
    throw connectionEnded();
  }
}

function connectionEnded(): TrainyardError {
  return new TrainyardError("malformed", "the connection ended before the body did");
}

/** How an answer ends. */
interface CloseReason {
  readonly format: BatchFormat;
  /** With a line that says how it went; otherwise a broken connection signals an error. */
  readonly hasTrailer: boolean;
}

/** The body of an answer. */
function streamOf(
  pieces: AsyncGenerator<Uint8Array, readonly Note[], void>,
  ending: CloseReason,
  request: FastifyRequest,
  reply: FastifyReply,
): Readable {
  const stream: Readable = sendBytes(
    reply,
    withLastLine(pieces, ending, request, reply, () => hangUp(request.raw, reply.raw, stream)),
  );
  return stream;
}

/** The pieces, and the last line. If they break off and there is no trailer, the error is passed on, which destroys the connection. */
async function* withLastLine(
  pieces: AsyncGenerator<Uint8Array, readonly Note[], void>,
  { format, hasTrailer }: CloseReason,
  request: FastifyRequest,
  reply: FastifyReply,
  isSaid: () => Promise<void>,
): AsyncGenerator<Uint8Array, void, void> {
  try {
    const notes = yield* pieces;
    if (hasTrailer) yield lineOf(trailerOf(format, null, notes));
  } catch (error) {
    const { code, detail } = toProblem(error, { requestId: request.id, bodyLimit: 0 });
    if (code === "internal") request.log.error({ err: error }, "a batch failed");
    yield lineOf(trailerOf(format, { code, detail }));
    drainRequest(request, reply);
    if (hasTrailer) return;
    await isSaid();
    throw error;
  }
}

const lineOf = (text: string) => Buffer.from(`${text}\n`);

/**
 * Ends the sending side after everything was sent, and waits for the client to close the connection: if it were destroyed at once, it might
 * be reset, and data that has arrived there be lost (RFC 9112, 9.6).
 */
async function hangUp(request: IncomingMessage, response: ServerResponse, stream: Readable): Promise<void> {
  await flushed(stream, response);
  if (response.destroyed) return;
  const isClosed = new AbortController();
  response.once("close", () => isClosed.abort());
  request.socket.end();
  await delay(LINGER_MS, undefined, { signal: isClosed.signal }).catch(() => undefined);
}

async function flushed(stream: Readable, response: ServerResponse): Promise<void> {
  for (const start = performance.now(); performance.now() - start < FLUSH_MS; ) {
    await delay(5);
    if (response.destroyed || (stream.readableLength === 0 && response.writableLength === 0)) return;
  }
}
