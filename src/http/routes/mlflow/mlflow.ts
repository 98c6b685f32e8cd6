/**
 * MLflow's REST API, for its tracking clients (`MLFLOW_TRACKING_URI`): this server's records as experiments, runs and registered models,
 * and runs that clients log. The endpoints are in endpoints.ts. The API document hides them, because MLflow describes them.
 */
import type { FastifyRequest } from "fastify";
import type { TrackingServices } from "../../../app/tracking/find-runs.ts";
import { TrainyardError } from "../../../domain/errors.ts";
import { ID_PREFIXES } from "../../../domain/id.ts";
import { type RequestName, readTrackingRequest } from "../../../domain/tracking/read-request.ts";
import type { App } from "../../context.ts";
import { MLFLOW_ERROR, openForeignProtocol } from "../../errors/foreign-protocol.ts";
import { listArtifacts, sendArtifact } from "./artifacts.ts";
import { ENDPOINTS } from "./endpoints.ts";
import { registerRefused } from "./refused.ts";

/** Largest body of a request: MLflow's own limit for a batch is one million bytes. */
const BODY_BYTES = 1024 * 1024;
/** Largest body that is parsed on the event loop: whatever it contains, it takes a few milliseconds. */
const READ_HERE_BYTES = 8 * 1024;
const ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts";

/** Registers the endpoints. */
export function registerMlflow(app: App): void {
  openForeignProtocol(
    app,
    (scope) => {
      for (const { method, path, operationId, request: name, run } of ENDPOINTS)
        scope.route({
          ...{ method, url: path, bodyLimit: BODY_BYTES, schema: { hide: true, operationId } },
          handler: async (request) => {
            const asked = await readRequest(name, request);
            request.audit = auditOf(operationId, asked as Readonly<Record<string, unknown>>);
            return run(servicesOf(request), asked as never);
          },
        });
      registerArtifacts(scope);
      registerRefused(scope);
    },
    MLFLOW_ERROR,
  );
}

const servicesOf = ({ services, project }: FastifyRequest): TrackingServices => ({ ...services, project });

/** Reads a request, in a thread if it is large. Throws malformed or invalid. */
async function readRequest(name: RequestName, { method, body, query, params, services }: FastifyRequest): Promise<object> {
  const bytes = method === "GET" || !(body instanceof Uint8Array) ? null : (body as Uint8Array<ArrayBuffer>);
  const beside = { query: query as object, params: params as object };
  if (bytes === null || bytes.byteLength <= READ_HERE_BYTES) return readTrackingRequest(name, bytes, beside);
  return services.computePool.readTracking(name, bytes, { query: { ...beside.query }, params: { ...beside.params } });
}

/**
 * What the audit log says of a request besides its path, which names nothing here: the run, the experiment or the name. What a run logs is
 * not in the audit log, unless it changes a job or a sweep.
 */
function auditOf(kind: string, request: Readonly<Record<string, unknown>>): FastifyRequest["audit"] {
  const key = ["run_id", "run_uuid", "experiment_id", "name"].find((each) => typeof request[each] === "string");
  const id = key === undefined ? "" : String(request[key]);
  if (kind === "mlflowLog" && !id.startsWith(ID_PREFIXES.job) && !id.startsWith(ID_PREFIXES.sweep)) return null;
  return { subject: key === undefined ? "" : `?${key}=${encodeURIComponent(id)}` };
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
  // Before the file is read, which may have any size.
  scope.put(`${ARTIFACTS}/*`, {
    schema: { hide: true, operationId: "mlflowWrite" },
    preParsing: async () => {
      throw new TrainyardError(
        "malformed",
        "files that clients log are not stored here: log metrics, parameters and tags, and the address of a file that is kept elsewhere as a tag",
      );
    },
    handler: async () => ({}),
  });
}
