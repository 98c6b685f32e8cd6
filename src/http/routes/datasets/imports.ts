/** Tables that the server fetches: from a URL, from S3, or by a query of PostgreSQL. */
import type { z } from "zod";
import { cancelImport, cancelRequested, importInTime, readImport } from "../../../app/datasets/import-in-time.ts";
import { TrainyardError } from "../../../domain/errors.ts";
import { isIdOf } from "../../../domain/id.ts";
import { importBody } from "../../../domain/sources/import-request.ts";
import { hostOf } from "../../../domain/sources/source.ts";
import { importAnswer, representImport } from "../../../domain/sources/table-import.ts";
import { readBodyAs } from "../../connection/body.ts";
import { idempotentId } from "../../connection/idempotency.ts";
import { sendJson } from "../../connection/large-answers.ts";
import { leftSignal } from "../../connection/request-ending.ts";
import type { App, RouteContext } from "../../context.ts";
import { datasetAnswer, datasetJson } from "../../openapi/dataset-schemas.ts";
import { answers } from "../../openapi/openapi.ts";
import { cancelImportParams, importParams } from "../../openapi/parameters.ts";

/** Addresses, a query, and reading options with a type for each column. */
const BODY_BYTES = 512 * 1024;

/** How long a request waits for its table; below the time after which proxies give up. */
const WITHIN_MS = 10_000;

/** Registers the routes of imports. */
export function registerImportedTables(app: App, context: RouteContext): void {
  registerImport(app, context);
  registerUnderWay(app, context);
}

function registerImport(app: App, { lifecycle }: RouteContext): void {
  app.post(
    "/v1/datasets/import",
    {
      bodyLimit: BODY_BYTES,
      config: { idempotency: { makes: "import", fingerprint: "body" } },
      schema: {
        tags: ["datasets"],
        operationId: "importDataset",
        summary: "Import a data set",
        description: DESCRIPTION,
        body: importBody,
        response: answers(
          {
            200: ["The source has a table that there is already, read with the same options.", datasetAnswer],
            201: ["The data set.", datasetAnswer],
            202: ["It takes long, and goes on by itself: how far it is.", importAnswer],
          },
          [400, 413, 415, 422, 503],
        ),
      },
    },
    async (request, reply) => {
      if (lifecycle.phase !== "ready") throw new TrainyardError("unavailable", `the server is ${lifecycle.phase}`);
      const body: z.output<typeof importBody> = await readBodyAs(request, "import");
      const asked = { left: leftSignal(reply), id: idempotentId(request), withinMs: WITHIN_MS };
      const found = await importInTime(request.services, request.project, body, asked);
      if ("underWay" in found) {
        const { underWay } = found;
        request.log.info({ import_id: underWay.id, host: hostOf(body.source) }, "import takes long, and goes on by itself");
        reply.code(202).header("location", `/v1/imports/${underWay.id}`);
        return representImport(underWay, Date.now());
      }
      const document = found.imported;
      const { id, rows, columnCount, bytes } = document.summary;
      request.log.info(
        { dataset_id: id, rows, columns: columnCount, bytes, created: document.created, host: hostOf(body.source) },
        "data set imported",
      );
      reply.code(document.created ? 201 : 200).header("location", `/v1/datasets/${id}`);
      return sendJson(reply, datasetJson(document));
    },
  );
}

function registerUnderWay(app: App, { system }: RouteContext): void {
  app.get(
    "/v1/imports/:id",
    {
      schema: {
        tags: ["datasets"],
        operationId: "readImport",
        summary: "Read an import that takes long",
        description: "Its progress, and at the end the data set or the error. Kept for a week.",
        params: importParams,
        response: answers({ 200: ["The import.", importAnswer] }, [404]),
      },
    },
    async ({ params, services }) => representImport(await readImport(services, params.id), Date.now()),
  );

  app.post(
    "/v1/imports/:id/cancel",
    {
      schema: {
        tags: ["datasets"],
        operationId: "cancelImport",
        summary: "Cancel an import",
        description:
          "It ends within a second or two, and its `state` says how: a table that is already being read may still become a data set. An import that has ended does not change. Named by the `Idempotency-Key` of its request, it is cancelled also before the answer with its id: a client that left without that answer does not have to know whether there was one. A request that was answered with its data set or an error has none to cancel (404).",
        params: cancelImportParams,
        response: answers({ 202: ["The import.", importAnswer] }, [404]),
      },
    },
    async ({ params: { id }, services, project }, reply) => {
      const found = isIdOf("import", id)
        ? await cancelImport(services, id)
        : await cancelRequested(services, system, project, id);
      reply.code(202);
      return representImport(found, Date.now());
    },
  );
}

const DESCRIPTION = `The server fetches the table from \`source\` and reads it like an upload, with the same formats, limits and notes; the same bytes with the same options are the same data set. The answer comes when the table is there; where that takes more than ten seconds, it is 202 with the address of the import, which says how far it is and can be cancelled. TRAINYARD_SOURCE_SECONDS bounds how long fetching may take. To fetch again and again, and to train on what has come, make a schedule.

Addresses must be public, of redirects too, unless the operator names their host (TRAINYARD_SOURCE_PRIVATE_HOSTS), and the connection encrypted. Keys and passwords are used for this request and stored nowhere. A query of PostgreSQL is one SELECT, in a read-only transaction; its columns are read as the texts that PostgreSQL writes.`;
