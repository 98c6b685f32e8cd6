/** The Store of domain/ports.ts: which query runs on which connection. One set of queries for every database. */
import { type Kysely, sql } from "kysely";
import { DEFAULT_PROJECT } from "../domain/access/project.ts";
import { TrainyardError } from "../domain/errors.ts";
import type { OnQueued } from "../domain/jobs/queue.ts";
import { isCheckpointId } from "../domain/models/registry.ts";
import type { ProjectStore, Store } from "../domain/ports.ts";
import { createOwners } from "./decorators/owners.ts";
import { projectStore } from "./decorators/project-store.ts";
import {
  countKeys,
  deleteSession,
  findKey,
  findSession,
  getKey,
  hasKeys,
  insertKey,
  insertSession,
  listKeys,
  noteKeyUse,
  revokeKey,
} from "./queries/access/api-keys.ts";
import { incrementCounter, removeCounters } from "./queries/access/counters.ts";
import { answerKey, claimKey, fingerprintKey, releaseKey, releaseKeys } from "./queries/access/idempotency-keys.ts";
import { assertRoomForModel } from "./queries/access/quotas.ts";
import {
  deleteDataset,
  describeDataset,
  findDataset,
  getDataset,
  insertDataset,
  listDatasets,
  readDatasetColumns,
  readDatasetPreview,
  removeUnfinishedDatasets,
} from "./queries/datasets/datasets.ts";
import {
  deleteCheckpoint,
  getCheckpoint,
  getCheckpointModel,
  getLastCheckpoint,
  insertCheckpoint,
  listCheckpoints,
  readCheckpoint,
  readCheckpointWeights,
  removeUnfinishedCheckpoints,
} from "./queries/jobs/checkpoints.ts";
import { appendMetrics, readEvents } from "./queries/jobs/events.ts";
import { deleteJob, finishJob, getJob, insertJob, listJobs, readPayload, transitionJob } from "./queries/jobs/jobs.ts";
import { leaseJob } from "./queries/jobs/leases.ts";
import { readMetrics, readMinMax } from "./queries/jobs/metrics.ts";
import { claimJob, nextRetryAt, queuePosition } from "./queries/jobs/queue.ts";
import { projectsInTurn } from "./queries/jobs/shares.ts";
import { readEvaluation } from "./queries/models/evaluations.ts";
import { deleteModel, getModel, insertModel, listModels, readWeights } from "./queries/models/models.ts";
import { deleteAlias, findModel, setAlias, tagModel } from "./queries/models/registry.ts";
import { countJobs } from "./queries/operation/counts.ts";
import { deleteDeliveries, deleteIdempotencyKeys, deleteMetrics, endedJobs } from "./queries/operation/expired.ts";
import {
  claimDeliveries,
  getOrCreateSecret,
  listDeliveries,
  nextDeliveryAt,
  recordDelivery,
  releaseDeliveries,
} from "./queries/operation/webhooks.ts";
import { deregisterWorker, drainWorker, listWorkers, recordHeartbeat, removeWorkers } from "./queries/operation/workers.ts";
import type { HealthKeeper } from "./sqlite/health.ts";
import type { Tables } from "./tables.ts";

/** Columns that one `readEvents` returns at most when the caller does not say. */
const DEFAULT_EVENT_BYTES = 1024 * 1024;

/** Connections by what they are for; several may be one. */
export interface Databases {
  /** Sees what was committed. */
  readonly reader: Kysely<Tables>;
  /** For small changes of what is there, and for deletions: they go on while the disk is full. Its commits survive a power cut. */
  readonly writer: Kysely<Tables>;
  /** For what adds data, and for everything else that a reader's cursor may point at. Its commits survive a power cut. */
  readonly insertWriter: Kysely<Tables>;
  /**
   * For chunks that nobody sees before a last commit of one of the others. Its own last commits may be lost at a power cut,
   * never torn; what the others commit after them makes them survive too.
   */
  readonly bulkWriter: Kysely<Tables>;
  readonly health: Pick<HealthKeeper, "current" | "onChange">;
  close(): Promise<void>;
}

/** What is to be done within the store's own transactions. */
export interface StoreHooks {
  /** In the transaction that makes a job queued: whatever makes sure that it runs. */
  readonly onQueued?: OnQueued | undefined;
}

type Place = Databases & StoreHooks;

/** The store of every project, and from it that of each. */
export function createStore(databases: Databases, hooks: StoreHooks = {}): Store {
  const place: Place = { ...databases, ...hooks };
  const owners = createOwners(place.reader);
  const everything: AnyStore = { ...queriesOf(place, DEFAULT_PROJECT, null), ...systemOf(place) };
  return {
    ...everything,
    ofProject: (project) => projectStore(project, queriesOf(place, project, project), owners),
  };
}

type AnyStore = Omit<Store, "ofProject">;

/** What projects may do. Names and insertions are of `project`, lists are of `listed`: null lists those of every project. */
function queriesOf(place: Place, project: string, listed: string | null): ProjectStore {
  const { reader, writer, insertWriter, bulkWriter, onQueued } = place;
  return {
    insertJob: (job) => insertJob(insertWriter, project, job, onQueued),
    getJob: (id) => getJob(reader, id),
    listJobs: (filter, page) => listJobs(reader, listed, filter, page),
    readPayload: (jobId) => readPayload(reader, jobId),
    transition: (id, request) => transitionJob(writer, id, request, onQueued),
    queuePosition: (id) => queuePosition(reader, id),
    listCheckpoints: (jobId, page) => listCheckpoints(reader, jobId, page),
    getCheckpoint: (id) => getCheckpoint(reader, id),
    getLastCheckpoint: (jobId) => getLastCheckpoint(reader, jobId),
    deleteCheckpoint: (id) => deleteCheckpoint(writer, id),
    deleteJob: (id) => deleteJob(writer, id),
    readEvents: (jobId, after, limit, maxBytes = DEFAULT_EVENT_BYTES) => readEvents(reader, jobId, after, limit, maxBytes),
    readMetrics: (jobId, from, to) => readMetrics(reader, jobId, from, to),
    readMinMax: (jobId, from, to) => readMinMax(reader, jobId, from, to),
    insertModel: (model, weights, within) =>
      insertWriter.transaction().execute(async (transaction) => {
        if (within) await assertRoomForModel(transaction, project, within.models);
        return insertModel(transaction, project, model, weights);
      }),
    getModel: (id) => getModel(reader, id),
    findModel: (ref) =>
      ref.kind === "id" && isCheckpointId(ref.id) ? getCheckpointModel(reader, ref.id) : findModel(reader, project, ref),
    knownModel: () => null,
    listModels: (page, filter) => listModels(reader, listed, page, filter),
    readWeights: (id) => (isCheckpointId(id) ? readCheckpointWeights(reader, id) : readWeights(reader, id)),
    readEvaluation: (modelId) => readEvaluation(reader, modelId),
    tagModel: (id, changes) => tagModel(writer, id, changes),
    setAlias: (name, alias, version) => setAlias(writer, project, name, alias, version),
    deleteAlias: (name, alias) => deleteAlias(writer, project, name, alias),
    deleteModel: (id) => deleteModel(writer, id),
    insertDataset: (dataset) => insertDataset({ writer, bulkWriter }, project, dataset),
    findDataset: (sha256, format) => findDataset(reader, project, sha256, format),
    getDataset: (id) => getDataset(reader, id),
    describeDataset: (id) => describeDataset(reader, id),
    listDatasets: (page) => listDatasets(reader, listed, page),
    readDatasetPreview: (id) => readDatasetPreview(reader, id),
    readDatasetColumns: (id, names) => readDatasetColumns(reader, id, names),
    deleteDataset: (id) => deleteDataset(writer, id),
    listDeliveries: (jobId, page) => listDeliveries(reader, jobId, page),
  };
}

/** What the server does for all of them. */
function systemOf({ reader, writer, insertWriter, bulkWriter, health, close }: Place): Omit<AnyStore, keyof ProjectStore> {
  return {
    claimJob: (at, room, runningJobs) => claimJob(writer, at, room, runningJobs),
    leaseJob: (id, request) => leaseJob(writer, id, request),
    projectsInTurn: (runningJobs) => projectsInTurn(reader, runningJobs),
    nextRetryAt: () => nextRetryAt(reader),
    recordHeartbeat: (beat) => recordHeartbeat(writer, beat),
    listWorkers: (since) => listWorkers(reader, since),
    drainWorker: (id) => drainWorker(writer, id),
    deregisterWorker: (id) => deregisterWorker(writer, id),
    removeWorkers: async (silentSince) => {
      await removeWorkers(writer, silentSince);
      await removeCounters(writer, silentSince);
    },
    incrementCounter: (key, window) => incrementCounter(writer, key, window),
    insertCheckpoint: (jobId, attempt, at, checkpoint) =>
      insertCheckpoint({ writer, insertWriter, bulkWriter }, jobId, attempt, at, checkpoint),
    readCheckpoint: (id) => readCheckpoint(reader, id),
    removeUnfinishedCheckpoints: (at) => removeUnfinishedCheckpoints(writer, at),
    appendMetrics: (id, attempt, chunk) => appendMetrics(insertWriter, id, attempt, chunk),
    finishJob: (id, attempt, at, reason, outcome) =>
      finishJob(
        outcome.state === "succeeded" ? insertWriter : writer,
        id,
        attempt,
        { state: outcome.state, at, reason },
        outcome,
      ),
    removeUnfinishedDatasets: (at) => removeUnfinishedDatasets(writer, at),
    countJobs: () => countJobs(reader),
    claimDeliveries: (now, limit, leaseMs) => claimDeliveries(writer, now, limit, leaseMs),
    recordDelivery: (id, attempt, after) => recordDelivery(writer, id, attempt, after),
    nextDeliveryAt: () => nextDeliveryAt(reader),
    getOrCreateSecret: (name, value) => getOrCreateSecret(writer, name, value),
    claimKey: (claim) => claimKey(insertWriter, claim),
    fingerprintKey: (name, owner, fingerprint) => fingerprintKey(writer, name, owner, fingerprint),
    answerKey: (name, owner, answer) => answerKey(writer, name, owner, answer),
    releaseKey: (name, owner) => releaseKey(writer, name, owner),
    endedJobs: (before, limit, having) => endedJobs(reader, before, limit, having),
    deleteMetrics: (jobId) => deleteMetrics(writer, jobId),
    deleteDeliveries: (before, limit) => deleteDeliveries(writer, before, limit),
    deleteIdempotencyKeys: (before, limit) => deleteIdempotencyKeys(writer, before, limit),
    abandonClaims: async (at) => {
      await releaseDeliveries(writer, at);
      await releaseKeys(writer);
    },
    hasKeys: () => hasKeys(reader),
    insertKey: (key, limit) => insertKey(insertWriter, key, limit),
    findKey: (hash) => findKey(reader, hash),
    getKey: (id) => getKey(reader, id),
    listKeys: (project, page) => listKeys(reader, project, page),
    countKeys: (project, scope, now) => countKeys(reader, project, scope, now),
    revokeKey: (id, at) => revokeKey(writer, id, at),
    noteKeyUse: (uses) => noteKeyUse(writer, uses),
    insertSession: (session) => insertSession(insertWriter, session),
    findSession: (hash) => findSession(reader, hash),
    deleteSession: (hash) => deleteSession(writer, hash),
    ping: async () => {
      const { status, detail } = health.current();
      if (status !== "ok") throw new TrainyardError("unavailable", detail);
      await sql`select 1`.execute(reader);
    },
    health: health.current,
    onHealth: health.onChange,
    close,
  };
}
