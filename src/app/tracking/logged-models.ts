/** Logged models of MLflow 3: those that tracking clients create, and the models of the project. */
import { invalid, TrainyardError } from "../../domain/errors.ts";
import { createId, ID_PREFIXES } from "../../domain/id.ts";
import type { Answer, Request } from "../../domain/tracking/messages.ts";
import {
  compareBy,
  MODEL_ATTRIBUTES,
  meets,
  parseRunFilter,
  parseRunOrder,
  type ReadField,
} from "../../domain/tracking/run-search.ts";
import { type LoggedModel, PROJECT_EXPERIMENT } from "../../domain/tracking/tracking.ts";
import { getExperiment } from "./experiments.ts";
import { getRun, type TrackingServices } from "./find-runs.ts";
import { loggedModelOf } from "./own-runs.ts";
import { pageOf } from "./paging.ts";
import { wireLoggedModel } from "./wire.ts";

/** Maximum models of each kind, newest first, that a search reads. */
const SEARCHED = 1000;
const MODELS_PER_READ = 50;

/** The id of a logged model that clients may write to. Throws forbidden for a model of this server's own. */
function writable(id: string): string {
  if (!id.startsWith(ID_PREFIXES.model)) return id;
  throw new TrainyardError("forbidden", `${id} is a model of this server, which clients read`);
}

/** Returns a logged model. Throws not_found. */
export async function getLoggedModel({ store }: TrackingServices, id: string): Promise<Answer<"LoggedModel">> {
  const own = id.startsWith(ID_PREFIXES.model) ? await store.models.get(id) : null;
  const model = own ? loggedModelOf(own) : await store.tracking.getModel(id);
  if (!model) throw new TrainyardError("not_found", `Logged model with ID '${id}' not found.`);
  return { model: wireLoggedModel(model) };
}

/** Creates a logged model, whose files are pending. Throws not_found for an unknown experiment or run. */
export async function createLoggedModel(
  services: TrackingServices,
  request: Request<"CreateLoggedModel">,
): Promise<Answer<"LoggedModel">> {
  const { id: experimentId } = await getExperiment(services, request.experiment_id);
  const runId = request.source_run_id ?? null;
  if (runId !== null) await getRun(services, runId);
  const id = createId("loggedModel");
  const now = Date.now();
  await services.store.tracking.insertModel({
    ...{ id, experimentId, runId, name: request.name || `model-${id.slice(-8)}`, type: request.model_type },
    ...{ status: "LOGGED_MODEL_PENDING", createdAt: now, updatedAt: now, metrics: [] },
    ...{ params: request.params, tags: request.tags },
  });
  return getLoggedModel(services, id);
}

/** Changes the status, the tags or the parameters of a logged model. */
export async function changeLoggedModel(
  services: TrackingServices,
  id: string,
  changes: Parameters<TrackingServices["store"]["tracking"]["changeModel"]>[2],
): Promise<Answer<"LoggedModel">> {
  await services.store.tracking.changeModel(writable(id), Date.now(), changes);
  return getLoggedModel(services, id);
}

export async function deleteLoggedModel({ store }: TrackingServices, id: string): Promise<Answer<"Nothing">> {
  await store.tracking.deleteModel(writable(id));
  return {};
}

/** Searches logged models among the newest thousand of each kind, newest first by default. */
export async function searchLoggedModels(
  services: TrackingServices,
  { experiment_ids, filter, order_by, max_results, page_token }: Request<"SearchLoggedModels">,
): Promise<Answer<"LoggedModels">> {
  if (experiment_ids.length === 0) throw invalid([{ pointer: "/experiment_ids", detail: "must name an experiment" }]);
  const conditions = parseRunFilter(filter, MODEL_ATTRIBUTES);
  const order = order_by.flatMap(({ field_name, ascending }) =>
    parseRunOrder([`${field_name} ${ascending ? "ASC" : "DESC"}`], MODEL_ATTRIBUTES),
  );
  const own = experiment_ids.includes(PROJECT_EXPERIMENT) ? await ownModels(services) : [];
  const isFound = (each: LoggedModel) => conditions.every((condition) => meets(readerOf(each), condition));
  const found = own.filter(isFound);
  for (let at = 0; at < SEARCHED; at += MODELS_PER_READ) {
    const logged = await services.store.tracking.listModels(experiment_ids, at, MODELS_PER_READ);
    found.push(...logged.filter(isFound));
    if (logged.length < MODELS_PER_READ) break;
  }
  const newestFirst = (a: LoggedModel, b: LoggedModel) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1);
  found.sort((a, b) => compareBy(order, readerOf(a), readerOf(b)) || newestFirst(a, b));
  const { items, next } = pageOf(found, page_token, max_results);
  return { models: items.map(wireLoggedModel), ...next };
}

async function ownModels({ store }: TrackingServices): Promise<readonly LoggedModel[]> {
  const found: LoggedModel[] = [];
  for (let after: string | undefined; found.length < SEARCHED; ) {
    const { data, hasMore, nextAfter } = await store.models.list({ after, limit: MODELS_PER_READ });
    found.push(...data.map(loggedModelOf));
    if (!hasMore || nextAfter === null) break;
    after = nextAfter;
  }
  return found;
}

const readerOf =
  (model: LoggedModel): ReadField =>
  ({ entity, key }) => {
    if (entity === "metric") return model.metrics.find((metric) => metric.key === key)?.value ?? null;
    if (entity !== "attribute")
      return model[entity === "tag" ? "tags" : "params"].find((each) => each.key === key)?.value ?? null;
    const value = (model as unknown as Readonly<Record<string, unknown>>)[key];
    return typeof value === "string" || typeof value === "number" ? value : null;
  };
