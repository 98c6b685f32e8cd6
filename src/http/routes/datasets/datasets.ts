/** Data sets: upload, list, read, preview, delete. */
import multipart from "@fastify/multipart";
import { z } from "zod";
import { describeDataset, listDatasets, previewDataset } from "../../../app/datasets/read-datasets.ts";
import { removeDataset } from "../../../app/datasets/remove-dataset.ts";
import { sampleRows } from "../../../app/datasets/sample-rows.ts";
import { createDataset } from "../../../app/datasets/upload.ts";
import { MISSING_WORDS } from "../../../domain/datasets/missing-words.ts";
import { TrainyardError } from "../../../domain/errors.ts";
import { fingerprint } from "../../connection/idempotency.ts";
import { sendJson } from "../../connection/large-answers.ts";
import { FORM_LIMITS, MULTIPART_TYPE, receiveUpload, TABLE_TYPES, uploadQuery } from "../../connection/uploads.ts";
import type { App, RouteContext } from "../../context.ts";
import {
  datasetAnswer,
  datasetJson,
  datasetsAnswer,
  previewAnswer,
  previewJson,
  representSummary,
  sampleAnswer,
} from "../../openapi/dataset-schemas.ts";
import { answers } from "../../openapi/openapi.ts";
import { datasetParams, datasetsQuery, previewQuery, sampleQuery } from "../../openapi/parameters.ts";
import { representPage } from "../../openapi/serializers.ts";

const tags = ["datasets"];
/** Registers the routes of data sets. */
export function registerDatasets(app: App, context: RouteContext): void {
  // Bodies of an upload are streams, only in this scope.
  app.register(async (scope: App) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", (_request, _payload, done) => done(null));
    await scope.register(multipart, { limits: FORM_LIMITS, throwFileSizeLimit: false });
    registerUpload(scope, context);
  });
  registerReading(app);
  registerDeletion(app);
}

function registerUpload(app: App, { lifecycle }: RouteContext): void {
  app.post(
    "/v1/datasets",
    {
      bodyLimit: Number.MAX_SAFE_INTEGER, // The upload spool holds it to the limit of data sets while it streams.
      config: { idempotency: { fingerprint: "route" } },
      schema: {
        tags,
        operationId: "uploadDataset",
        summary: "Upload a data set",
        description: UPLOAD_DESCRIPTION,
        consumes: [...TABLE_TYPES, MULTIPART_TYPE],
        querystring: uploadQuery,
        body: z.string().meta({ format: "binary", description: "The table." }),
        response: answers(
          {
            200: ["These bytes were uploaded before, with the same options: the existing data set.", datasetAnswer],
            201: ["The data set.", datasetAnswer],
          },
          [400, 413, 415, 422, 503],
        ),
      },
    },
    async (request, reply) => {
      if (lifecycle.phase !== "ready") throw new TrainyardError("unavailable", `the server is ${lifecycle.phase}`);
      const { services } = request;
      const arrival = await receiveUpload(request, request.query, services.uploadSpool);
      const { name, format } = arrival.request;
      const document = await createDataset(services, arrival.upload, arrival.request, (sha256) =>
        fingerprint(request, `${format} ${sha256} ${name}`),
      );
      const { id, rows, columnCount, bytes } = document.summary;
      request.log.info({ dataset_id: id, rows, columns: columnCount, bytes, created: document.created }, "data set uploaded");
      reply.code(document.created ? 201 : 200).header("location", `/v1/datasets/${id}`);
      return sendJson(reply, datasetJson(document));
    },
  );
}

const UPLOAD_DESCRIPTION = `The body is the table: CSV, NDJSON, JSON (an array of objects, or \`{"columns": [...], "rows": [[...]]}\`) or Parquet, by its content type; or \`multipart/form-data\` with a \`file\` part, whose name's extension says the format, and the query parameters as fields. gzip is unpacked, said by \`Content-Encoding\` or not.

Columns are \`integer\`, \`number\`, \`boolean\` (true, false), \`datetime\`, \`category\` or \`text\`, whichever nearly all values fit: a few others are missing then, and noted. Numbers and dates are told as people write them, by the whole column; \`reading\` says how. Whole numbers with leading zeros are labels. A column of labels is text when it has more than TRAINYARD_MAX_CATEGORIES of them, or when of at least 100 values more than half differ. Missing are empty cells and, in any case, ${MISSING_WORDS.join(", ")}.

The same bytes with the same options are the same data set: uploading them again answers 200 and the data set that there is, under its first name. An upload that fails leaves nothing behind.`;

function registerReading(app: App): void {
  app.get(
    "/v1/datasets",
    {
      schema: {
        tags,
        operationId: "listDatasets",
        summary: "List data sets",
        description: "Newest first, without their columns.",
        querystring: datasetsQuery,
        response: answers({ 200: ["A page of data sets.", datasetsAnswer] }, [422]),
      },
    },
    async ({ query, services }) => representPage(await listDatasets(services, query), representSummary),
  );

  app.get(
    "/v1/datasets/:id",
    {
      schema: {
        tags,
        operationId: "readDataset",
        summary: "Read a data set",
        description: "Its columns with their types and statistics.",
        params: datasetParams,
        response: answers({ 200: ["The data set.", datasetAnswer] }, [404]),
      },
    },
    async ({ params, services }, reply) => {
      return sendJson(reply, datasetJson(await describeDataset(services, params.id)));
    },
  );

  app.get(
    "/v1/datasets/:id/preview",
    {
      schema: {
        tags,
        operationId: "previewDataset",
        summary: "Preview a data set",
        description: "Its first rows, as arrays in the order of the columns. Fewer rows are stored for very wide tables.",
        params: datasetParams,
        querystring: previewQuery,
        response: answers({ 200: ["The first rows.", previewAnswer] }, [404, 422]),
      },
    },
    async ({ params, query, services }, reply) => {
      const { names, lines } = await previewDataset(services, params.id, query.rows);
      return sendJson(reply, previewJson(names, lines));
    },
  );

  app.get(
    "/v1/datasets/:id/rows",
    {
      schema: {
        tags,
        operationId: "sampleDatasetRows",
        summary: "Read some rows of a data set",
        description: "Some of its columns, for rows spread evenly over the whole table: enough for a plot.",
        params: datasetParams,
        querystring: sampleQuery,
        response: answers({ 200: ["The rows, by column.", sampleAnswer] }, [404, 422]),
      },
    },
    async ({ params, query, services }) => sampleRows(services, params.id, { names: query.columns, limit: query.limit }),
  );
}

function registerDeletion(app: App): void {
  app.delete(
    "/v1/datasets/:id",
    {
      schema: {
        tags,
        operationId: "deleteDataset",
        summary: "Delete a data set",
        description:
          "Deletes the data set with its values. No job that has not ended may be using it. Models trained on it stay.",
        params: datasetParams,
        response: answers({ 204: ["It is gone.", z.undefined()] }, [404, 409]),
      },
    },
    async ({ params, services }, reply) => {
      await removeDataset(services, params.id);
      reply.code(204);
    },
  );
}
