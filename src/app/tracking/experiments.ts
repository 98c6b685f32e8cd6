/** Experiments: the one of the project, and those that tracking clients create. */
import { invalid, TrainyardError } from "../../domain/errors.ts";
import { createId } from "../../domain/id.ts";
import type { Answer, Request } from "../../domain/tracking/messages.ts";
import {
  compareBy,
  EXPERIMENT_ATTRIBUTES,
  meets,
  parseRunFilter,
  parseRunOrder,
  type ReadField,
} from "../../domain/tracking/run-search.ts";
import { DEFAULT_EXPERIMENT_NAME, type Experiment, PROJECT_EXPERIMENT } from "../../domain/tracking/tracking.ts";
import type { TrackingServices } from "./find-runs.ts";
import { pageOf } from "./paging.ts";
import { wireExperiment } from "./wire.ts";

/** The experiment of the project itself. It has the project's name, and exists without a row. */
function ownExperiment(project: string, stored: Experiment | null | undefined): Experiment {
  return {
    ...{ id: PROJECT_EXPERIMENT, name: project, lifecycle: "active" },
    ...{ tags: stored?.tags ?? [], createdAt: stored?.createdAt ?? 0, updatedAt: stored?.updatedAt ?? 0 },
  };
}

/** Lists all experiments of a project. */
async function experimentsOf({ store, project }: TrackingServices): Promise<readonly Experiment[]> {
  const stored = await store.tracking.listExperiments();
  const own = stored.find(({ id }) => id === PROJECT_EXPERIMENT);
  return [ownExperiment(project, own), ...stored.filter((each) => each !== own)];
}

/** Returns an experiment, active or deleted. Throws not_found. */
export async function getExperiment({ store, project }: TrackingServices, id: string): Promise<Experiment> {
  const stored = await store.tracking.findExperiment({ id });
  const found = id === PROJECT_EXPERIMENT ? ownExperiment(project, stored) : stored;
  if (!found) throw new TrainyardError("not_found", `No Experiment with id=${id} exists`);
  return found;
}

/** Returns an experiment by its name; the project's also by the name that MLflow gives to the first experiment. Throws not_found. */
export async function getExperimentByName(services: TrackingServices, name: string): Promise<Answer<"Experiment">> {
  const isOwn = name === services.project || name === DEFAULT_EXPERIMENT_NAME;
  const found = isOwn
    ? await getExperiment(services, PROJECT_EXPERIMENT)
    : await services.store.tracking.findExperiment({ name });
  if (!found) throw new TrainyardError("not_found", `Could not find experiment with name '${name}'`);
  return { experiment: wireExperiment(found) };
}

/** Creates an experiment. Throws conflict for a name that exists. */
export async function createExperiment(
  services: TrackingServices,
  { name, tags }: Request<"CreateExperiment">,
): Promise<Answer<"ExperimentId">> {
  checkName(services, name);
  const id = createId("experiment");
  const now = Date.now();
  await services.store.tracking.insertExperiment({ id, name, lifecycle: "active", tags, createdAt: now, updatedAt: now });
  return { experiment_id: id };
}

/** Renames, deletes or restores an experiment, or changes its tags. The project's own can be neither renamed nor deleted. */
export async function changeExperiment(
  services: TrackingServices,
  id: string,
  changes: Parameters<TrackingServices["store"]["tracking"]["changeExperiment"]>[2],
): Promise<Answer<"Nothing">> {
  if (id === PROJECT_EXPERIMENT && (changes.name !== undefined || changes.lifecycle !== undefined))
    throw invalid([
      { pointer: "/experiment_id", detail: "the experiment of the project cannot be renamed, deleted or restored" },
    ]);
  if (changes.name !== undefined) checkName(services, changes.name);
  await services.store.tracking.changeExperiment(id, Date.now(), changes);
  return {};
}

function checkName({ project }: TrackingServices, name: string): void {
  if (name === project || name === DEFAULT_EXPERIMENT_NAME)
    throw new TrainyardError("conflict", `Experiment '${name}' already exists: it is that of the project`);
}

/** Searches experiments, newest first by default. */
export async function searchExperiments(
  services: TrackingServices,
  { filter, order_by, view_type, max_results, page_token }: Request<"SearchExperiments">,
): Promise<Answer<"Experiments">> {
  const conditions = parseRunFilter(filter, EXPERIMENT_ATTRIBUTES);
  const order = parseRunOrder(order_by, EXPERIMENT_ATTRIBUTES);
  const wanted = { ACTIVE_ONLY: "active", DELETED_ONLY: "deleted", ALL: null }[view_type];
  const found = (await experimentsOf(services)).filter(
    (each) =>
      (wanted === null || each.lifecycle === wanted) && conditions.every((condition) => meets(readerOf(each), condition)),
  );
  const byDefault = (a: Experiment, b: Experiment) => b.updatedAt - a.updatedAt || (a.id < b.id ? 1 : -1);
  found.sort((a, b) => compareBy(order, readerOf(a), readerOf(b)) || byDefault(a, b));
  const { items, next } = pageOf(found, page_token, max_results);
  return { experiments: items.map(wireExperiment), ...next };
}

const readerOf =
  (experiment: Experiment): ReadField =>
  ({ entity, key }) =>
    entity === "tag"
      ? (experiment.tags.find((tag) => tag.key === key)?.value ?? null)
      : entity === "attribute"
        ? (experiment[key as "id" | "name" | "createdAt" | "updatedAt"] ?? null)
        : null;
