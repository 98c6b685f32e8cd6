/** Tables that the server fetches: from a URL, from S3, or by a query of PostgreSQL. */
import type { z } from "zod";
import { importTable } from "../../../app/datasets/import-table.ts";
import { TrainyardError } from "../../../domain/errors.ts";
import { importBody } from "../../../domain/sources/import-request.ts";
import { hostOf } from "../../../domain/sources/source.ts";
import { readBodyAs } from "../../connection/body.ts";
import type { App, RouteContext } from "../../context.ts";
import { datasetAnswer, datasetJson } from "../../openapi/dataset-schemas.ts";
import { answers } from "../../openapi/openapi.ts";

/** Addresses, a query, and options of reading with a type for each column. */
const BODY_BYTES = 512 * 1024;

/** Registers the route of imports. */
export function registerImportedTables(app: App, { lifecycle }: RouteContext): void {
  app.post(
    "/v1/datasets/import",
    {
      bodyLimit: BODY_BYTES,
      config: { idempotency: { fingerprint: "body" } },
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
          },
          [400, 413, 415, 422, 503],
        ),
      },
    },
    async (request, reply) => {
      if (lifecycle.phase !== "ready") throw new TrainyardError("unavailable", `the server is ${lifecycle.phase}`);
      const body: z.output<typeof importBody> = await readBodyAs(request, "import");
      const left = new AbortController();
      // Whoever asked has gone: nobody waits for the table.
      reply.raw.once("close", () => {
        if (!reply.raw.writableFinished) left.abort();
      });
      const document = await importTable(request.services, request.project, body, { signal: left.signal });
      if (!document) throw new Error("a source without a known state cannot be unchanged");
      const { id, rows, columnCount, bytes } = document.summary;
      request.log.info(
        { dataset_id: id, rows, columns: columnCount, bytes, created: document.created, host: hostOf(body.source) },
        "data set imported",
      );
      reply.code(document.created ? 201 : 200).header("location", `/v1/datasets/${id}`);
      return reply.type("application/json; charset=utf-8").send(datasetJson(document));
    },
  );
}

const DESCRIPTION = `The server fetches the table from \`source\` and reads it like an upload, with the same formats, limits and notes; the same bytes with the same options are the same data set. The answer comes when the table is there: TRAINYARD_SOURCE_SECONDS bounds how long fetching may take. To fetch again and again, and to train on what has come, make a schedule.

Addresses must be public, of redirects too, unless the operator names their host (TRAINYARD_SOURCE_PRIVATE_HOSTS), and the connection encrypted. Keys and passwords are used for this request and stored nowhere. A query of PostgreSQL is one SELECT, in a read-only transaction; its columns are read as the texts that PostgreSQL writes.`;
