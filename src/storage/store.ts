/** Implements the Store of domain/store/: runs each query on its connection. One set of queries serves every database. */
import { type Kysely, sql } from "kysely";
import { DEFAULT_PROJECT } from "../domain/access/project.ts";
import { TrainyardError } from "../domain/errors.ts";
import type { OnQueued } from "../domain/jobs/queue.ts";
import { isCheckpointId } from "../domain/models/registry.ts";
import type { EntityStores } from "../domain/store/entity-stores.ts";
import type { Store } from "../domain/store/store.ts";
import { createOwners } from "./decorators/owners.ts";
import { projectStore } from "./decorators/project-store.ts";
import { hasOneWriter } from "./dialect.ts";
import { createDueValues, type DueValues, NEVER_DUE } from "./due-values.ts";
import { monitorStore } from "./monitor-store.ts";
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
  recordKeyUse,
  revokeKey,
} from "./queries/access/api-keys.ts";
import {
  appendToAuditLog,
  deleteAuditExcess,
  deleteFromAuditLog,
  findAuditExcess,
  listAuditLog,
} from "./queries/access/audit-log.ts";
import { incrementCounter, removeCounters } from "./queries/access/counters.ts";
import {
  answerKey,
  claimKey,
  countKeyBytes,
  findKeyed,
  fingerprintKey,
  releaseKey,
  releaseKeys,
} from "./queries/access/idempotency-keys.ts";
import {
  describeDataset,
  findDataset,
  getDataset,
  insertDataset,
  listDatasets,
  readDatasetColumns,
  readDatasetPreview,
} from "./queries/datasets/datasets.ts";
import { claimDataset, deleteDataset, removeUnfinishedDatasets } from "./queries/datasets/delete-datasets.ts";
import {
  cancelForget,
  claimForget,
  getForget,
  insertForget,
  listForgets,
  listFreeForgets,
  releaseForget,
  releaseForgets,
  renewForget,
  saveForget,
} from "./queries/forget/forgets.ts";
import { findCopies, findUsers, listRelated, listStarts } from "./queries/forget/lineage.ts";
import { eraseTraces } from "./queries/forget/traces.ts";
import {
  deleteCheckpoint,
  deleteCheckpoints,
  getCheckpoint,
  getCheckpointModel,
  getLastCheckpoint,
  getNearestCheckpoint,
  insertCheckpoint,
  listCheckpoints,
  readCheckpoint,
  readCheckpointWeights,
  removeUnfinishedCheckpoints,
} from "./queries/jobs/checkpoints.ts";
import { readEvents } from "./queries/jobs/events.ts";
import { asksValues, deleteJob, getJob, labelJob, listJobs, readPayload } from "./queries/jobs/jobs.ts";
import { leaseJob } from "./queries/jobs/leases.ts";
import { readMetrics, readMinMax } from "./queries/jobs/metrics.ts";
import { nextRetryAt, queuePosition } from "./queries/jobs/queue.ts";
import { projectsInTurn } from "./queries/jobs/shares.ts";
import { readEvaluation } from "./queries/models/evaluations.ts";
import { addModel, deleteModel, getModel, listModels, readWeights } from "./queries/models/models.ts";
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
import { type CallProcedure, callHere } from "./queries/procedures.ts";
import {
  finishSweep,
  releaseAllChunks,
  releaseChunk,
  renewLeases,
  startGeneration,
  storeTrials,
} from "./queries/sweeps/chunks.ts";
import {
  deleteSweep,
  endedSweeps,
  getSweep,
  insertSweep,
  labelSweep,
  listSweeps,
  readSource,
  readSweepEvents,
  transitionSweep,
} from "./queries/sweeps/sweeps.ts";
import { getTrial, listTrials, readResults } from "./queries/sweeps/trials.ts";
import { trackingStore } from "./queries/tracking/tracking.ts";
import { scheduleStores } from "./schedule-stores.ts";
import type { HealthKeeper } from "./sqlite/health.ts";
import type { Tables } from "./tables.ts";

/** Default limit of the bytes of columns that one `events.read` returns. */
const DEFAULT_EVENT_BYTES = 1024 * 1024;

/** The connections, by purpose. Several of them may be the same. */
export interface Databases {
  /** For reads; sees all committed data. */
  readonly reader: Kysely<Tables>;
  /** For small changes of existing rows and for deletions, which work while the disk is full. Its commits survive a power cut. */
  readonly writer: Kysely<Tables>;
  /** For writes that add data, and everything else that a reader's cursor may point at. Its commits survive a power cut. */
  readonly insertWriter: Kysely<Tables>;
  /**
   * For chunks that stay invisible until a final commit of one of the other writers. Its own last commits may be lost at a power
   * cut, but never torn; a later commit of another writer makes them durable too.
   */
  readonly bulkWriter: Kysely<Tables>;
  /** Runs a whole transaction in the thread of the database; left out, it runs from here, statement by statement. */
  readonly call?: CallProcedure;
  readonly health: Pick<HealthKeeper, "current" | "onChange">;
  /** See ForgetStore.scrub. */
  scrub(): Promise<string>;
  close(): Promise<void>;
}

/** Callbacks that run within the store's own transactions. */
export interface StoreHooks {
  /** Called in the transaction that queues a job, to write what ensures that the job will run. */
  readonly onQueued?: OnQueued | undefined;
}

type Context = Databases & StoreHooks & { readonly call: CallProcedure; readonly dueValues: DueValues };

/** Creates the store of all projects, which also creates the store of each. */
export function createStore(databases: Databases, hooks: StoreHooks = {}): Store {
  const { reader, health, call = callHere(databases) } = databases;
  const dueValues = hasOneWriter(reader) ? createDueValues(() => call("insertWriter", "writeDueValues")) : NEVER_DUE;
  const context: Context = { ...databases, ...hooks, call, dueValues };
  const owners = createOwners(reader);
  return {
    ...storesOf(context, DEFAULT_PROJECT, null),
    ofProject: (project) => projectStore(project, storesOf(context, project, project), owners),
    ping: async () => {
      const { status, detail } = health.current();
      if (status !== "ok") throw new TrainyardError("unavailable", detail);
      await sql`select 1`.execute(reader);
    },
    health: health.current,
    onHealth: health.onChange,
    close: async () => {
      await dueValues.close();
      await databases.close();
    },
  };
}

/** Creates the stores by entity. Names and insertions belong to `project`; lists cover `listed`, or all projects when null. */
function storesOf(context: Context, project: string, listed: string | null): EntityStores {
  const { reader, writer, insertWriter, bulkWriter, call, onQueued, dueValues } = context;
  return {
    jobs: {
      insert: (job) => dueValues.after(call("insertWriter", "insertJob", project, job, onQueued)),
      get: (id) => getJob(reader, id),
      list: async (filter, page) => {
        if (asksValues(filter)) await dueValues.write();
        return listJobs(reader, listed, filter, page);
      },
      count: () => countJobs(reader),
      label: (id, changes) => labelJob(writer, id, changes),
      readPayload: (jobId) => readPayload(reader, jobId),
      transition: (id, request) => call("writer", "transitionJob", id, request, onQueued),
      finish: (id, attempt, at, reason, outcome) => {
        const on = outcome.state === "succeeded" ? "insertWriter" : "writer";
        return dueValues.after(call(on, "finishJob", id, attempt, { state: outcome.state, at, reason }, outcome));
      },
      delete: (id) => deleteJob(writer, id),
      listEnded: (before, limit, having) => endedJobs(reader, before, limit, having),
    },
    events: {
      read: (jobId, after, limit, maxBytes = DEFAULT_EVENT_BYTES) => readEvents(reader, jobId, after, limit, maxBytes),
    },
    metrics: {
      append: (jobId, attempt, chunk) => dueValues.after(call("insertWriter", "appendMetrics", jobId, attempt, chunk)),
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
      getNearest: (jobId, epoch, step) => getNearestCheckpoint(reader, jobId, epoch, step),
      read: (id) => readCheckpoint(reader, id),
      delete: (id) => deleteCheckpoint(writer, id),
      deleteAll: (jobId) => deleteCheckpoints(writer, jobId),
      removeUnfinished: (at) => removeUnfinishedCheckpoints(writer, at),
    },
    queue: {
      claim: (at, room, runningJobs) => call("writer", "claimJob", at, room, runningJobs),
      lease: (id, request) => leaseJob(writer, id, request),
      projectsInTurn: (runningJobs) => projectsInTurn(reader, runningJobs),
      nextRetryAt: () => nextRetryAt(reader),
      position: (id) => queuePosition(reader, id),
    },
    sweeps: sweepStore(context, project, listed),
    tracking: trackingStore(context, project),
    models: {
      insert: (model, weights, within) => addModel(insertWriter, project, model, weights, within),
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
      claim: (id) => claimDataset(writer, id),
      delete: (id, options) => deleteDataset(writer, id, options),
      removeUnfinished: (at) => removeUnfinishedDatasets(writer, at),
    },
    forgets: forgetStore(context, project, listed),
    ...scheduleStores(context, project, listed),
    monitors: monitorStore(context),
    ...operationStores(context),
    ...accessStores(context),
  };
}

function sweepStore(
  { reader, writer, insertWriter, call }: Context,
  project: string,
  listed: string | null,
): EntityStores["sweeps"] {
  return {
    insert: (sweep) => insertSweep(insertWriter, project, sweep),
    get: (id) => getSweep(reader, id),
    list: (filter, page) => listSweeps(reader, listed, filter, page),
    readSource: (id) => readSource(reader, id),
    transition: (id, from, to) => transitionSweep(writer, id, from, to),
    label: (id, changes) => labelSweep(writer, id, changes),
    delete: (id) => deleteSweep(writer, id),
    listEnded: (before, limit) => endedSweeps(reader, before, limit),
    readEvents: (id, after, limit) => readSweepEvents(reader, id, after, limit),
    listTrials: (id, page) => listTrials(reader, id, page),
    getTrial: (id, number) => getTrial(reader, id, number),
    readResults: (id, request) => readResults(reader, id, request),
    claimChunk: (request) => call("writer", "claimChunk", request),
    renewLeases: (leases, until) => renewLeases(writer, leases, until),
    releaseChunk: (chunk, hasCrashed) => releaseChunk(writer, chunk, hasCrashed),
    releaseAllChunks: () => releaseAllChunks(writer),
    storeTrials: (chunk, done, trials, at) => storeTrials(insertWriter, chunk, done, trials, at),
    startGeneration: (chunk, generation, at) => startGeneration(insertWriter, chunk, generation, at),
    finish: (chunk, end) => finishSweep(writer, chunk, end),
  };
}

function forgetStore(
  { reader, writer, insertWriter, scrub }: Context,
  project: string,
  listed: string | null,
): EntityStores["forgets"] {
  return {
    insert: (run) => insertForget(insertWriter, project, run),
    get: (id) => getForget(reader, id),
    list: (page) => listForgets(reader, listed, page),
    listFree: (now) => listFreeForgets(reader, now),
    claim: (id, lease, now, until) => claimForget(writer, id, lease, now, until),
    renew: (id, lease, until) => renewForget(writer, id, lease, until),
    save: (id, lease, change) => saveForget(writer, id, lease, change),
    release: (id, lease) => releaseForget(writer, id, lease),
    releaseAll: () => releaseForgets(writer),
    cancel: (id, at) => cancelForget(writer, id, at),
    listRelated: (datasetId) => listRelated(reader, datasetId),
    findUsers: (dataset) => findUsers(reader, project, dataset),
    listStarts: () => listStarts(reader, project),
    findCopies: (sha256) => findCopies(reader, project, sha256),
    eraseTraces: (ids, at) => eraseTraces(writer, project, ids, at),
    scrub,
  };
}

type OperationEntity = "deliveries" | "secrets" | "workers";

function operationStores({ reader, writer }: Context): Pick<EntityStores, OperationEntity> {
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

type AccessEntity = "keys" | "sessions" | "auditLog" | "idempotency" | "counters";

function accessStores({ reader, writer, insertWriter }: Context): Pick<EntityStores, AccessEntity> {
  return {
    keys: {
      hasAny: () => hasKeys(reader),
      insert: (key, limit) => insertKey(insertWriter, key, limit),
      find: (hash) => findKey(reader, hash),
      get: (id) => getKey(reader, id),
      list: (project, page) => listKeys(reader, project, page),
      count: (project, scope, now) => countKeys(reader, project, scope, now),
      revoke: (id, at) => revokeKey(writer, id, at),
      recordUse: (uses) => recordKeyUse(writer, uses),
    },
    sessions: {
      insert: (session) => insertSession(insertWriter, session),
      find: (hash) => findSession(reader, hash),
      delete: (hash) => deleteSession(writer, hash),
    },
    auditLog: {
      append: (entries) => appendToAuditLog(insertWriter, entries),
      list: (project, filter, page) => listAuditLog(reader, project, filter, page),
      deleteOld: (before, limit) => deleteFromAuditLog(writer, before, limit),
      findExcess: (most) => findAuditExcess(reader, most),
      deleteUpTo: (excess, limit) => deleteAuditExcess(writer, excess, limit),
    },
    idempotency: {
      claim: (claim) => claimKey(insertWriter, claim),
      find: (name) => findKeyed(reader, name),
      fingerprint: (name, owner, fingerprint) => fingerprintKey(writer, name, owner, fingerprint),
      answer: (name, owner, answer) => answerKey(writer, name, owner, answer),
      release: (name, owner) => releaseKey(writer, name, owner),
      releaseAll: () => releaseKeys(writer),
      countBytes: (project) => countKeyBytes(reader, project),
      deleteOld: (before, limit) => deleteIdempotencyKeys(writer, before, limit),
    },
    counters: {
      increment: (key, window) => incrementCounter(writer, key, window),
      removeEnded: (before) => removeCounters(writer, before),
    },
  };
}
