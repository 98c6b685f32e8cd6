/** The Store of domain/store/: which query runs on which connection. One set of queries for every database. */
import { type Kysely, sql } from "kysely";
import { DEFAULT_PROJECT } from "../domain/access/project.ts";
import { TrainyardError } from "../domain/errors.ts";
import type { OnQueued } from "../domain/jobs/queue.ts";
import { isCheckpointId } from "../domain/models/registry.ts";
import type { EntityStores } from "../domain/store/entity-stores.ts";
import type { Store } from "../domain/store/store.ts";
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

/** Bytes of columns that one `events.read` returns when the caller does not say. */
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
  const { reader, health, close } = place;
  const owners = createOwners(reader);
  return {
    ...storesOf(place, DEFAULT_PROJECT, null),
    ofProject: (project) => projectStore(project, storesOf(place, project, project), owners),
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

/** Names and insertions are of `project`, lists are of `listed`: null lists the records of every project. */
function storesOf(place: Place, project: string, listed: string | null): EntityStores {
  const { reader, writer, insertWriter, bulkWriter, onQueued } = place;
  return {
    jobs: {
      insert: (job) => insertJob(insertWriter, project, job, onQueued),
      get: (id) => getJob(reader, id),
      list: (filter, page) => listJobs(reader, listed, filter, page),
      count: () => countJobs(reader),
      readPayload: (jobId) => readPayload(reader, jobId),
      transition: (id, request) => transitionJob(writer, id, request, onQueued),
      finish: (id, attempt, at, reason, outcome) =>
        finishJob(
          outcome.state === "succeeded" ? insertWriter : writer,
          id,
          attempt,
          { state: outcome.state, at, reason },
          outcome,
        ),
      delete: (id) => deleteJob(writer, id),
      listEnded: (before, limit, having) => endedJobs(reader, before, limit, having),
    },
    events: {
      read: (jobId, after, limit, maxBytes = DEFAULT_EVENT_BYTES) => readEvents(reader, jobId, after, limit, maxBytes),
    },
    metrics: {
      append: (jobId, attempt, chunk) => appendMetrics(insertWriter, jobId, attempt, chunk),
      read: (jobId, from, to) => readMetrics(reader, jobId, from, to),
      readMinMax: (jobId, from, to) => readMinMax(reader, jobId, from, to),
      delete: (jobId) => deleteMetrics(writer, jobId),
    },
    checkpoints: {
      insert: (jobId, attempt, at, checkpoint) =>
        insertCheckpoint({ writer, insertWriter, bulkWriter }, jobId, attempt, at, checkpoint),
      list: (jobId, page) => listCheckpoints(reader, jobId, page),
      get: (id) => getCheckpoint(reader, id),
      getLast: (jobId) => getLastCheckpoint(reader, jobId),
      read: (id) => readCheckpoint(reader, id),
      delete: (id) => deleteCheckpoint(writer, id),
      removeUnfinished: (at) => removeUnfinishedCheckpoints(writer, at),
    },
    queue: {
      claim: (at, room, runningJobs) => claimJob(writer, at, room, runningJobs),
      lease: (id, request) => leaseJob(writer, id, request),
      projectsInTurn: (runningJobs) => projectsInTurn(reader, runningJobs),
      nextRetryAt: () => nextRetryAt(reader),
      position: (id) => queuePosition(reader, id),
    },
    models: {
      insert: (model, weights, within) =>
        insertWriter.transaction().execute(async (transaction) => {
          if (within) await assertRoomForModel(transaction, project, within.models);
          return insertModel(transaction, project, model, weights);
        }),
      get: (id) => getModel(reader, id),
      find: (ref) =>
        ref.kind === "id" && isCheckpointId(ref.id) ? getCheckpointModel(reader, ref.id) : findModel(reader, project, ref),
      known: () => null,
      list: (page, filter) => listModels(reader, listed, page, filter),
      readWeights: (id) => (isCheckpointId(id) ? readCheckpointWeights(reader, id) : readWeights(reader, id)),
      readEvaluation: (id) => readEvaluation(reader, id),
      tag: (id, changes) => tagModel(writer, id, changes),
      setAlias: (name, alias, version) => setAlias(writer, project, name, alias, version),
      deleteAlias: (name, alias) => deleteAlias(writer, project, name, alias),
      delete: (id) => deleteModel(writer, id),
    },
    datasets: {
      insert: (dataset) => insertDataset({ writer, bulkWriter }, project, dataset),
      find: (sha256, format) => findDataset(reader, project, sha256, format),
      get: (id) => getDataset(reader, id),
      describe: (id) => describeDataset(reader, id),
      list: (page) => listDatasets(reader, listed, page),
      readPreview: (id) => readDatasetPreview(reader, id),
      readColumns: (id, names) => readDatasetColumns(reader, id, names),
      delete: (id) => deleteDataset(writer, id),
      removeUnfinished: (at) => removeUnfinishedDatasets(writer, at),
    },
    ...operationStores(place),
    ...accessStores(place),
  };
}

type OperationEntity = "deliveries" | "secrets" | "workers";

function operationStores({ reader, writer }: Place): Pick<EntityStores, OperationEntity> {
  return {
    deliveries: {
      claim: (now, limit, leaseMs) => claimDeliveries(writer, now, limit, leaseMs),
      recordAttempt: (id, attempt, after) => recordDelivery(writer, id, attempt, after),
      nextAt: () => nextDeliveryAt(reader),
      list: (jobId, page) => listDeliveries(reader, jobId, page),
      releaseAll: (at) => releaseDeliveries(writer, at),
      deleteEnded: (before, limit) => deleteDeliveries(writer, before, limit),
    },
    secrets: { getOrCreate: (name, value) => getOrCreateSecret(writer, name, value) },
    workers: {
      recordHeartbeat: (beat) => recordHeartbeat(writer, beat),
      list: (since) => listWorkers(reader, since),
      drain: (id) => drainWorker(writer, id),
      deregister: (id) => deregisterWorker(writer, id),
      removeSilent: (since) => removeWorkers(writer, since),
    },
  };
}

type AccessEntity = "keys" | "sessions" | "idempotency" | "counters";

function accessStores({ reader, writer, insertWriter }: Place): Pick<EntityStores, AccessEntity> {
  return {
    keys: {
      hasAny: () => hasKeys(reader),
      insert: (key, limit) => insertKey(insertWriter, key, limit),
      find: (hash) => findKey(reader, hash),
      get: (id) => getKey(reader, id),
      list: (project, page) => listKeys(reader, project, page),
      count: (project, scope, now) => countKeys(reader, project, scope, now),
      revoke: (id, at) => revokeKey(writer, id, at),
      recordUse: (uses) => noteKeyUse(writer, uses),
    },
    sessions: {
      insert: (session) => insertSession(insertWriter, session),
      find: (hash) => findSession(reader, hash),
      delete: (hash) => deleteSession(writer, hash),
    },
    idempotency: {
      claim: (claim) => claimKey(insertWriter, claim),
      fingerprint: (name, owner, fingerprint) => fingerprintKey(writer, name, owner, fingerprint),
      answer: (name, owner, answer) => answerKey(writer, name, owner, answer),
      release: (name, owner) => releaseKey(writer, name, owner),
      releaseAll: () => releaseKeys(writer),
      deleteOld: (before, limit) => deleteIdempotencyKeys(writer, before, limit),
    },
    counters: {
      increment: (key, window) => incrementCounter(writer, key, window),
      removeEnded: (before) => removeCounters(writer, before),
    },
  };
}
