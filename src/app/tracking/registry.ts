/** The model registry as tracking clients see it: our names are registered models, and their versions are model versions. */
import { TrainyardError } from "../../domain/errors.ts";
import { tagName } from "../../domain/label-fields.ts";
import type { Model } from "../../domain/models/model.ts";
import { aliasName, parseModelRef } from "../../domain/models/registry.ts";
import type { Answer, Request, WireRegistered, WireVersion } from "../../domain/tracking/messages.ts";
import {
  compareBy,
  meets,
  parseRunFilter,
  parseRunOrder,
  REGISTRY_ATTRIBUTES,
  type ReadField,
} from "../../domain/tracking/run-search.ts";
import { artifactUriOf, type KeyValue } from "../../domain/tracking/tracking.ts";
import type { TrackingServices } from "./find-runs.ts";
import { pageOf } from "./paging.ts";

/** Maximum versions that a search reads, newest first: those of one name if the filter names it. */
const MAX_VERSIONS = 10_000;
const VERSIONS_PER_READ = 50;

/** Returns a version of a name, as a model. Throws not_found. */
async function findVersion({ store }: TrackingServices, name: string, version: string): Promise<Model> {
  const ref = parseModelRef(`${name}@${version}`);
  const model = ref?.kind === "version" ? await store.models.find(ref) : null;
  if (!model) throw new TrainyardError("not_found", `Model Version (name=${name}, version=${version}) not found`);
  return model;
}

/** Returns a version of a name. Throws not_found. */
export async function getVersion(services: TrackingServices, name: string, version: string): Promise<Answer<"ModelVersion">> {
  return { model_version: wireVersion(await findVersion(services, name, version)) };
}

/** Returns the version that an alias points at. Throws not_found. */
export async function getVersionByAlias(
  services: TrackingServices,
  name: string,
  alias: string,
): Promise<Answer<"ModelVersion">> {
  const ref = parseModelRef(`${name}@${alias}`);
  const model = ref?.kind === "alias" ? await services.store.models.find(ref) : null;
  if (!model) throw new TrainyardError("not_found", `Registered model alias ${alias} not found.`);
  return { model_version: wireVersion(model) };
}

/** Points an alias at a version. Throws not_found, and malformed for an invalid alias. */
export async function setAlias(
  services: TrackingServices,
  { name, alias, version }: Request<"SetAlias">,
): Promise<Answer<"Nothing">> {
  const parsed = aliasName.safeParse(alias);
  if (!parsed.success) throw new TrainyardError("malformed", `alias: ${parsed.error.issues[0]?.message}`);
  await findVersion(services, name, version);
  await services.store.models.setAlias(name, alias, Number(version));
  return {};
}

/** Removes an alias, whether it exists or not, as MLflow does. */
export async function deleteAlias({ store }: TrackingServices, { name, alias }: Request<"Alias">): Promise<Answer<"Nothing">> {
  await store.models.deleteAlias(name, alias);
  return {};
}

/** Sets a tag of a version, or removes it with null. */
export async function tagVersion(
  services: TrackingServices,
  { name, version, key }: Request<"DeleteModelVersionTag">,
  value: string | null,
): Promise<Answer<"Nothing">> {
  const parsed = tagName.safeParse(key);
  if (!parsed.success) throw new TrainyardError("malformed", `key: ${parsed.error.issues[0]?.message}`);
  const { id } = await findVersion(services, name, version);
  await services.store.models.tag(id, { [key]: value });
  return {};
}

/** Returns a registered model. Throws not_found. */
export async function getRegisteredModel(services: TrackingServices, name: string): Promise<Answer<"RegisteredModel">> {
  return { registered_model: wireRegistered(await versionsOf(services, name)) };
}

/** Returns the newest version of a name. There are no stages, which MLflow has given up. */
export async function getLatestVersions(services: TrackingServices, name: string): Promise<Answer<"ModelVersions">> {
  return { model_versions: (await versionsOf(services, name)).slice(0, 1).map(wireVersion) };
}

/** The versions of a name, newest first. Throws not_found. */
async function versionsOf(services: TrackingServices, name: string): Promise<readonly Model[]> {
  const versions = await readVersions(services, name);
  if (versions.length === 0) throw new TrainyardError("not_found", `Registered Model with name=${name} not found`);
  return versions;
}

/** Reads versions of a name or of all, newest first. Throws too_large if there are too many. */
async function readVersions({ store }: TrackingServices, name: string | undefined): Promise<readonly Model[]> {
  const found: Model[] = [];
  for (let after: string | undefined; ; ) {
    const { data, hasMore, nextAfter } = await store.models.list({ after, limit: VERSIONS_PER_READ }, { name });
    found.push(...data);
    if (!hasMore || nextAfter === null) return found;
    if (found.length >= MAX_VERSIONS)
      throw new TrainyardError("too_large", `there are more than ${MAX_VERSIONS} versions: filter by a name, as name = 'iris'`);
    after = nextAfter;
  }
}

/** Searches registered models, by name by default. */
export async function searchRegisteredModels(
  services: TrackingServices,
  { filter, order_by, max_results, page_token }: Request<"SearchRegisteredModels">,
): Promise<Answer<"RegisteredModels">> {
  const conditions = parseRunFilter(filter, REGISTRY_ATTRIBUTES);
  const order = parseRunOrder(order_by, REGISTRY_ATTRIBUTES);
  const byName = Map.groupBy(await readVersions(services, nameIn(conditions)), ({ name }) => name);
  const all = [...byName.values()].map(wireRegistered);
  const found = all.filter((each) => conditions.every((condition) => meets(readerOf(each), condition)));
  found.sort((a, b) => compareBy(order, readerOf(a), readerOf(b)) || (a.name < b.name ? -1 : 1));
  const { items, next } = pageOf(found, page_token, max_results);
  return { registered_models: items, ...next };
}

/** Searches versions, newest first by default. */
export async function searchVersions(
  services: TrackingServices,
  { filter, order_by, max_results, page_token }: Request<"SearchModelVersions">,
): Promise<Answer<"ModelVersions">> {
  const conditions = parseRunFilter(filter, REGISTRY_ATTRIBUTES);
  const order = parseRunOrder(order_by, REGISTRY_ATTRIBUTES);
  const all = (await readVersions(services, nameIn(conditions))).map(wireVersion);
  const found = all.filter((each) => conditions.every((condition) => meets(readerOf(each), condition)));
  found.sort((a, b) => compareBy(order, readerOf(a), readerOf(b)));
  const { items, next } = pageOf(found, page_token, max_results);
  return { model_versions: items, ...next };
}

/** The name that a filter asks for; only its versions are read then. */
function nameIn(conditions: ReturnType<typeof parseRunFilter>): string | undefined {
  const found = conditions.find(
    ({ entity, key, comparator }) => entity === "attribute" && key === "name" && comparator === "=",
  );
  return found ? String(found.value) : undefined;
}

const readerOf =
  (each: WireVersion | WireRegistered): ReadField =>
  ({ entity, key }) => {
    if (entity === "tag") return each.tags.find((tag) => tag.key === key)?.value ?? null;
    if (entity !== "attribute") return null;
    const value = (each as Readonly<Record<string, unknown>>)[key];
    return key === "version" ? Number(value) : typeof value === "string" || typeof value === "number" ? value : null;
  };

function wireVersion({ id, name, version, createdAt, jobId, tags, aliases }: Model): WireVersion {
  return {
    ...{ name, version: String(version), creation_timestamp: createdAt, last_updated_timestamp: createdAt },
    ...{ current_stage: "None", description: "", source: artifactUriOf(id), run_id: jobId ?? "", status: "READY" },
    ...{ tags: Object.entries(tags).map(([key, value]): KeyValue => ({ key, value })), aliases: [...aliases] },
  };
}

/** A registered model made of its versions, newest first. */
function wireRegistered(versions: readonly Model[]): WireRegistered {
  const [newest, oldest] = [versions[0] as Model, versions.at(-1) as Model];
  const aliases = versions.flatMap(({ version, aliases: names }) =>
    names.map((alias) => ({ alias, version: String(version) })),
  );
  return {
    ...{ name: newest.name, creation_timestamp: oldest.createdAt, last_updated_timestamp: newest.createdAt, description: "" },
    ...{ latest_versions: [wireVersion(newest)], tags: [], aliases },
  };
}
