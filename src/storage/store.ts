/** The Store of domain/ports.ts: which query runs on which connection. One set of queries for every database. */
import { type Kysely, sql } from "kysely";
import { TrainyardError } from "../domain/errors.ts";
import type { OnQueued, Store } from "../domain/ports.ts";
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
} from "./datasets.ts";
import { readEvaluation } from "./evaluations.ts";
import { appendMetrics, readEvents, readMetrics } from "./events.ts";
import type { HealthKeeper } from "./health.ts";
import { answerKey, claimKey, disownKey, fingerprintKey, releaseKeys } from "./idempotency-keys.ts";
import {
  claimJob,
  deleteJob,
  finishJob,
  getJob,
  insertJob,
  listJobs,
  queuePosition,
  readPayload,
  transitionJob,
} from "./jobs.ts";
import { deleteModel, getModel, insertModel, listModels, readWeights } from "./models.ts";
import { deleteAlias, findModel, setAlias, tagModel } from "./registry.ts";
import type { Tables } from "./tables.ts";
import { createTurns } from "./turns.ts";
import { claimDeliveries, keepSecret, listDeliveries, nextDeliveryAt, recordDelivery, releaseDeliveries } from "./webhooks.ts";

/** Columns that one `readEvents` returns at most when the caller does not say. */
const DEFAULT_EVENT_BYTES = 1024 * 1024;

/** Connections by what they are for; several may be one. */
export interface Databases {
  /** Sees what was committed. */
  readonly reader: Kysely<Tables>;
  /** For small changes of what is there, and for deletions: they go on while the disk is full. Its commits survive a power cut. */
  readonly writer: Kysely<Tables>;
  /** For what adds data, and for everything else that a reader's cursor may point at. Its commits survive a power cut. */
  readonly adder: Kysely<Tables>;
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

/** The store. What changes one job, or one name, is done in the order in which it was asked for, however many connections there are. */
export function createStore(
  { reader, writer, adder, bulkWriter, health, close }: Databases,
  { onQueued }: StoreHooks = {},
): Store {
  const { take } = createTurns();
  return {
    insertJob: (job) => insertJob(adder, job, onQueued),
    getJob: (id) => getJob(reader, id),
    listJobs: (filter, page) => listJobs(reader, filter, page),
    readPayload: (jobId) => readPayload(reader, jobId),
    transition: (id, request) => take(id, () => transitionJob(writer, id, request, onQueued)),
    claimJob: (at) => claimJob(writer, at),
    queuePosition: (id) => queuePosition(reader, id),
    appendMetrics: (id, attempt, slice) => take(id, () => appendMetrics(adder, id, attempt, slice)),
    finishJob: (id, attempt, at, reason, outcome) =>
      take(id, () =>
        finishJob(outcome.state === "succeeded" ? adder : writer, id, attempt, { state: outcome.state, at, reason }, outcome),
      ),
    deleteJob: (id) => deleteJob(writer, id),
    readEvents: (jobId, after, limit, maxBytes = DEFAULT_EVENT_BYTES) => readEvents(reader, jobId, after, limit, maxBytes),
    readMetrics: (jobId, from, to) => readMetrics(reader, jobId, from, to),
    insertModel: (model, weights) => adder.transaction().execute((transaction) => insertModel(transaction, model, weights)),
    getModel: (id) => getModel(reader, id),
    findModel: (ref) => findModel(reader, ref),
    listModels: (page, filter) => listModels(reader, page, filter),
    readWeights: (modelId) => readWeights(reader, modelId),
    readEvaluation: (modelId) => readEvaluation(reader, modelId),
    tagModel: (id, changes) => take(id, () => tagModel(writer, id, changes)),
    setAlias: (name, alias, version) => take(name, () => setAlias(writer, name, alias, version)),
    deleteAlias: (name, alias) => take(name, () => deleteAlias(writer, name, alias)),
    deleteModel: (id) => deleteModel(writer, id),
    insertDataset: (dataset) => insertDataset({ writer, bulkWriter }, dataset),
    findDataset: (sha256, format) => findDataset(reader, sha256, format),
    getDataset: (id) => getDataset(reader, id),
    describeDataset: (id) => describeDataset(reader, id),
    listDatasets: (page) => listDatasets(reader, page),
    readDatasetPreview: (id) => readDatasetPreview(reader, id),
    readDatasetColumns: (id, names) => readDatasetColumns(reader, id, names),
    deleteDataset: (id) => deleteDataset(writer, id),
    removeUnfinishedDatasets: (at) => removeUnfinishedDatasets(writer, at),
    claimDeliveries: (now, limit, leaseMs) => claimDeliveries(writer, now, limit, leaseMs),
    recordDelivery: (id, attempt, after) => recordDelivery(writer, id, attempt, after),
    nextDeliveryAt: () => nextDeliveryAt(reader),
    listDeliveries: (jobId, page) => listDeliveries(reader, jobId, page),
    keepSecret: (name, value) => keepSecret(writer, name, value),
    claimKey: (claim) => claimKey(adder, claim),
    fingerprintKey: (name, owner, fingerprint) => fingerprintKey(writer, name, owner, fingerprint),
    answerKey: (name, owner, answer) => answerKey(writer, name, owner, answer),
    disownKey: (name, owner, forget) => disownKey(writer, name, owner, forget),
    abandonClaims: async (at) => {
      await releaseDeliveries(writer, at);
      await releaseKeys(writer);
    },
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
