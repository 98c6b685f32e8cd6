/**
 * MLflow's REST API, for its tracking clients (`MLFLOW_TRACKING_URI`): what this server has as experiments, runs and registered models, and
 * runs that clients log. The endpoints are in endpoints.ts. They are hidden from the document of the API: MLflow describes them.
 */
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type { TrackingServices } from "../../../app/tracking/find-runs.ts";
import { invalid, TrainyardError } from "../../../domain/errors.ts";
import { parseForeignDocument } from "../../../domain/protocols/foreign-json.ts";
import { fieldErrors } from "../../../domain/spec/spec-errors.ts";
import type { App } from "../../context.ts";
import { MLFLOW_ERROR, openForeignProtocol } from "../../errors/foreign-protocol.ts";
import { listArtifacts, sendArtifact } from "./artifacts.ts";
import { ENDPOINTS } from "./endpoints.ts";

/** Largest body of a request: MLflow's own bound of a batch is one million bytes. */
const BODY_BYTES = 1024 * 1024;
const ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts";

/** Registers the endpoints. */
export function registerMlflow(app: App): void {
  openForeignProtocol(
    app,
    (scope) => {
      for (const { method, path, operationId, request: schema, run } of ENDPOINTS)
        scope.route({
          ...{ method, url: path, bodyLimit: BODY_BYTES, schema: { hide: true, operationId } },
          handler: (request) => run(servicesOf(request), readRequest(schema, request) as never),
        });
      registerArtifacts(scope);
    },
    MLFLOW_ERROR,
  );
}

const servicesOf = ({ services, project }: FastifyRequest): TrackingServices => ({ ...services, project });

const anything = z.record(z.string(), z.unknown());

/** Reads a request of what is in the path, the query or the body: a field that is null is left out. Throws malformed or invalid. */
function readRequest(schema: z.ZodType, { method, body, query, params }: FastifyRequest): unknown {
  const given =
    method === "GET" ? (query as object) : body === undefined ? {} : parseForeignDocument(anything, body as Uint8Array);
  const fields = Object.entries({ ...(query as object), ...given, ...(params as object) }).filter(
    ([, value]) => value !== null,
  );
  const parsed = schema.safeParse(Object.fromEntries(fields));
  if (!parsed.success) throw invalid(fieldErrors(parsed.error));
  return parsed.data;
}

function registerArtifacts(scope: App): void {
  const reads = { schema: { hide: true, operationId: "mlflowRead" } };
  scope.get(ARTIFACTS, reads, async (request) => {
    const { path = "" } = request.query as { readonly path?: string };
    const [id = "", ...rest] = String(path).replace(/^\/+/, "").split("/");
    return { files: await listArtifacts(servicesOf(request), id, rest.join("/")) };
  });
  scope.get(`${ARTIFACTS}/*`, reads, (request, reply) =>
    sendArtifact(servicesOf(request), (request.params as { readonly "*": string })["*"], reply),
  );
  // Before the file is read, which may be of any size.
  scope.put(`${ARTIFACTS}/*`, {
    schema: { hide: true, operationId: "mlflowWrite" },
    preParsing: async () => {
      throw new TrainyardError("malformed", "files that clients log are not kept here: log metrics, parameters and tags");
    },
    handler: async () => ({}),
  });
}
