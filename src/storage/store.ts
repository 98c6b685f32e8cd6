/** The Store of domain/ports.ts: which query runs on which connection. One set of queries for every database. */
import { type Kysely, sql } from "kysely";
import type { Store } from "../domain/ports.ts";
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

/** Columns that one `readEvents` returns at most when the caller does not say. */
const DEFAULT_EVENT_BYTES = 1024 * 1024;

/** Connections by what they are for; several may be one. */
export interface Databases {
  /** Sees what was committed. */
  readonly reader: Kysely<Tables>;
  /** Its commits survive a power cut: states, models. */
  readonly writer: Kysely<Tables>;
  /** Its last commits may be lost at a power cut, never torn: metrics, which a re-run makes again. */
  readonly metricsWriter: Kysely<Tables>;
  close(): Promise<void>;
}

export function createStore({ reader, writer, metricsWriter, close }: Databases): Store {
  return {
    insertJob: (job) => insertJob(writer, job),
    getJob: (id) => getJob(reader, id),
    listJobs: (filter, page) => listJobs(reader, filter, page),
    readPayload: (jobId) => readPayload(reader, jobId),
    transition: (id, request) => transitionJob(writer, id, request),
    claimJob: (at) => claimJob(writer, at),
    queuePosition: (id) => queuePosition(reader, id),
    appendMetrics: (id, attempt, slice) => appendMetrics(metricsWriter, id, attempt, slice),
    finishJob: (id, attempt, at, reason, outcome) =>
      finishJob(writer, id, attempt, { state: outcome.state, at, reason }, outcome),
    deleteJob: (id) => deleteJob(writer, id),
    readEvents: (jobId, after, limit, maxBytes = DEFAULT_EVENT_BYTES) => readEvents(reader, jobId, after, limit, maxBytes),
    readMetrics: (jobId, from, to) => readMetrics(reader, jobId, from, to),
    insertModel: (model, weights) => writer.transaction().execute((transaction) => insertModel(transaction, model, weights)),
    getModel: (id) => getModel(reader, id),
    findModel: (ref) => findModel(reader, ref),
    listModels: (page, filter) => listModels(reader, page, filter),
    readWeights: (modelId) => readWeights(reader, modelId),
    readEvaluation: (modelId) => readEvaluation(reader, modelId),
    tagModel: (id, changes) => tagModel(writer, id, changes),
    setAlias: (name, alias, version) => setAlias(writer, name, alias, version),
    deleteAlias: (name, alias) => deleteAlias(writer, name, alias),
    deleteModel: (id) => deleteModel(writer, id),
    insertDataset: (dataset) => insertDataset({ writer, bulkWriter: metricsWriter }, dataset),
    findDataset: (sha256, format) => findDataset(reader, sha256, format),
    getDataset: (id) => getDataset(reader, id),
    describeDataset: (id) => describeDataset(reader, id),
    listDatasets: (page) => listDatasets(reader, page),
    readDatasetPreview: (id) => readDatasetPreview(reader, id),
    readDatasetColumns: (id, names) => readDatasetColumns(reader, id, names),
    deleteDataset: (id) => deleteDataset({ writer, bulkWriter: metricsWriter }, id),
    removeUnfinishedDatasets: (at) => removeUnfinishedDatasets(metricsWriter, at),
    ping: async () => {
      await sql`select 1`.execute(reader);
    },
    close,
  };
}
