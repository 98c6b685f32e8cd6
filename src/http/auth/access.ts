/**
 * The scope that each operation of the API requires, in one table. A route whose operation is not in it stops the start of
 * the server. How a request proves its scopes is in auth.ts.
 */
import type { Scope } from "../../domain/access/api-key.ts";

/** `superuser`: only a key of the project `default` may call it, because it concerns the whole server. */
export interface Access {
  /** Null: no key is required. */
  readonly scope: Scope | null;
  readonly superuser?: true;
  /** Clients may also send the key as the password of Basic authentication, as MLflow's do. */
  readonly basic?: true;
  /** Not in the audit log: a run logs something about itself every second. */
  readonly unaudited?: true;
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
  replayJob: READ,
  readMetrics: READ,
  readEvents: READ,
  streamJob: READ,
  stream: READ,
  listSweeps: READ,
  readSweep: READ,
  readSweepEvents: READ,
  streamSweep: READ,
  listTrials: READ,
  readTrial: READ,
  readImportance: READ,
  exportTensorBoard: READ,
  listCheckpoints: READ,
  listWebhookDeliveries: READ,
  listModelWebhookDeliveries: READ,
  listScheduleRunWebhookDeliveries: READ,
  listDatasets: READ,
  readDataset: READ,
  previewDataset: READ,
  sampleDatasetRows: READ,
  readImport: READ,
  listForgets: READ,
  readForget: READ,
  listSchedules: READ,
  readSchedule: READ,
  listScheduleRuns: READ,
  listModels: READ,
  readModel: READ,
  listVersions: READ,
  compareModels: READ,
  compareScores: READ,
  readWeights: READ,
  exportOnnx: READ,
  readModelCard: READ,
  readMonitoring: READ,
  listAskedRows: READ,

  submitJob: SUBMIT,
  cancelJob: SUBMIT,
  labelJob: SUBMIT,
  pauseJob: SUBMIT,
  resumeJob: SUBMIT,
  submitSweep: SUBMIT,
  cancelSweep: SUBMIT,
  labelSweep: SUBMIT,
  pauseSweep: SUBMIT,
  resumeSweep: SUBMIT,
  deleteSweep: SUBMIT,
  promoteTrial: SUBMIT,
  deleteCheckpoint: SUBMIT,
  deleteJob: SUBMIT,
  uploadDataset: SUBMIT,
  importDataset: SUBMIT,
  cancelImport: SUBMIT,
  createSchedule: SUBMIT,
  changeSchedule: SUBMIT,
  deleteSchedule: SUBMIT,
  runSchedule: SUBMIT,
  deleteDataset: SUBMIT,
  auditDataset: SUBMIT,
  correctDataset: SUBMIT,
  forgetRows: SUBMIT,
  cancelForget: SUBMIT,
  importModel: SUBMIT,
  reproduceModel: SUBMIT,
  askInfluence: SUBMIT,
  askLearningCurve: SUBMIT,
  askSeeds: SUBMIT,
  tagModel: SUBMIT,
  deleteModel: SUBMIT,
  configureMonitoring: SUBMIT,
  setAlias: SUBMIT,
  deleteAlias: SUBMIT,

  predict: PREDICT,
  predictWithCheckpoint: PREDICT,
  evaluateModel: PREDICT,
  partialDependence: PREDICT,
  sendFeedback: PREDICT,
  tfPredict: PREDICT,
  tfPredictVersion: PREDICT,
  tfModelStatus: PREDICT,
  infer: PREDICT,
  inferVersion: PREDICT,
  modelMetadata: PREDICT,
  modelMetadataVersion: PREDICT,
  modelReady: PREDICT,
  modelReadyVersion: PREDICT,
  modelConfig: PREDICT,
  modelConfigVersion: PREDICT,
  modelStatistics: PREDICT,
  modelStatisticsVersion: PREDICT,
  allModelStatistics: PREDICT,
  repositoryIndex: PREDICT,
  tfRefused: PREDICT,
  tfMetadata: PREDICT,
  tfMetadataVersion: PREDICT,

  mlflowRead: { scope: "read", basic: true },
  mlflowWrite: { scope: "submit", basic: true },
  mlflowLog: { scope: "submit", basic: true, unaudited: true },

  createKey: ADMIN,
  listKeys: ADMIN,
  listAuditLog: ADMIN,
  readKey: ADMIN,
  revokeKey: ADMIN,
  readWebhookSecret: ADMIN,
  listWorkers: { scope: "read", superuser: true },
  drainWorker: { scope: "admin", superuser: true },
  backUp: { scope: "admin", superuser: true },
  restore: { scope: "admin", superuser: true },
  exposeMetrics: { scope: "read", superuser: true },
};

/** Methods that change nothing by themselves (RFC 9110, section 9.2.1). */
export const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** Whether an operation only reads or predicts, by the scope that it needs. */
export const onlyReads = ({ scope }: Access): boolean => scope === "read" || scope === "predict";

/** Paths below which even a route that the document hides needs a line in the table. */
const API_PATHS = /^\/(v1|v2|api|metrics)(\/|$)/;

/** The access that a route requires. Throws for a route without a line in the table: a bug that shows at the start. */
export function accessOf(url: string, schema: { readonly hide?: boolean; readonly operationId?: string } | undefined): Access {
  if (schema?.hide && !API_PATHS.test(url)) return PUBLIC;
  const access = ACCESS[schema?.operationId ?? ""];
  if (access) return access;
  throw new Error(
    `${url} (${schema?.operationId ?? "without an operationId"}) has no line in http/auth/access.ts: who may call it?`,
  );
}

/** The access that an operation of the document requires; null when no operation has this id. */
export function accessOfOperation(operationId: string): Access | null {
  return ACCESS[operationId] ?? null;
}
