/**
 * What each operation of the API asks of whoever calls it: the one table. A route whose operation is not in it is not
 * served at all. How somebody shows what they may do is in auth.ts.
 */
import type { Scope } from "../../domain/access/api-key.ts";

/** `superuser`: of a key of the project `default` alone, for what concerns the whole server. */
export interface Access {
  /** Null: anybody may. */
  readonly scope: Scope | null;
  readonly superuser?: true;
}

const PUBLIC: Access = { scope: null };
const READ: Access = { scope: "read" };
const SUBMIT: Access = { scope: "submit" };
const PREDICT: Access = { scope: "predict" };
const ADMIN: Access = { scope: "admin" };

/** By operationId. */
const ACCESS: Readonly<Record<string, Access>> = {
  health: PUBLIC,
  readiness: PUBLIC,
  serverMetadata: PUBLIC,
  serverLive: PUBLIC,
  serverReady: PUBLIC,
  readSession: PUBLIC,
  signIn: PUBLIC,
  signOut: PUBLIC,

  listJobs: READ,
  readJob: READ,
  readJobRows: READ,
  readMetrics: READ,
  readEvents: READ,
  streamJob: READ,
  stream: READ,
  exportTensorBoard: READ,
  listCheckpoints: READ,
  listWebhookDeliveries: READ,
  listDatasets: READ,
  readDataset: READ,
  previewDataset: READ,
  listModels: READ,
  readModel: READ,
  listVersions: READ,
  compareModels: READ,
  readWeights: READ,
  exportOnnx: READ,

  submitJob: SUBMIT,
  cancelJob: SUBMIT,
  pauseJob: SUBMIT,
  resumeJob: SUBMIT,
  deleteCheckpoint: SUBMIT,
  deleteJob: SUBMIT,
  uploadDataset: SUBMIT,
  deleteDataset: SUBMIT,
  importModel: SUBMIT,
  reproduceModel: SUBMIT,
  tagModel: SUBMIT,
  deleteModel: SUBMIT,
  setAlias: SUBMIT,
  deleteAlias: SUBMIT,

  predict: PREDICT,
  predictWithCheckpoint: PREDICT,
  evaluateModel: PREDICT,
  tfPredict: PREDICT,
  tfPredictVersion: PREDICT,
  tfModelStatus: PREDICT,
  infer: PREDICT,
  inferVersion: PREDICT,
  modelMetadata: PREDICT,
  modelMetadataVersion: PREDICT,
  modelReady: PREDICT,
  modelReadyVersion: PREDICT,

  createKey: ADMIN,
  listKeys: ADMIN,
  readKey: ADMIN,
  revokeKey: ADMIN,
  readWebhookSecret: ADMIN,
  listWorkers: { scope: "read", superuser: true },
  drainWorker: { scope: "admin", superuser: true },
  backUp: { scope: "admin", superuser: true },
  restore: { scope: "admin", superuser: true },
  exposeMetrics: { scope: "read", superuser: true },
};

/** Under these nothing is public by being left out of the document. */
const API_PATHS = /^\/(v1|v2|metrics)(\/|$)/;

/** What a route asks. Throws for one that the table does not have: a bug that shows at the start. */
export function accessOf(url: string, schema: { readonly hide?: boolean; readonly operationId?: string } | undefined): Access {
  if (schema?.hide && !API_PATHS.test(url)) return PUBLIC;
  const access = ACCESS[schema?.operationId ?? ""];
  if (access) return access;
  throw new Error(
    `${url} (${schema?.operationId ?? "without an operationId"}) has no line in http/access.ts: who may call it?`,
  );
}

/** Of an operation of the document; null when there is none of this id. */
export function accessOfOperation(operationId: string): Access | null {
  return ACCESS[operationId] ?? null;
}
