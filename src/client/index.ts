/** The package's exports, `import ... from "trainyard"`: the client, its errors, and the types of its arguments and answers. */
export type { Scope } from "../domain/access/api-key.ts";
export type { ColumnType, DatasetFormat } from "../domain/datasets/dataset.ts";
export { isTerminal, JOB_STATES, type JobState } from "../domain/jobs/job.ts";
export type { Score } from "../domain/models/score.ts";
export type { Note } from "../domain/notes.ts";
export { VERSION } from "../domain/version.ts";
export type * from "./answers.ts";
export { BatchError } from "./batch-answer.ts";
export { type Client, type ClientOptions, createClient } from "./client.ts";
export type { UploadOptions } from "./datasets.ts";
export { ApiError, type ProblemDocument, UnreachableError } from "./error.ts";
export type { MetricsQuery, SubmitOptions } from "./jobs.ts";
export type { BackgroundQuery, BatchQuery, DependenceQuery, PredictOptions, Row, RowsOptions } from "./models.ts";
export type { WebhookDelivery } from "./monitoring/deliveries.ts";
export type { AskedRow, FeedbackLabel, FeedbackTaken, MonitoringOptions, MonitoringReport } from "./monitoring/monitoring.ts";
export type { Influence, InfluenceRequest } from "./questions/influence.ts";
export type { LearningCurve, LearningCurveRequest } from "./questions/learning-curve.ts";
export type { SeedSpread, SeedsRequest } from "./questions/seeds.ts";
export type {
  ImportRequest,
  ImportWait,
  Schedule,
  ScheduleChanges,
  ScheduleRequest,
  ScheduleRun,
  TableImport,
} from "./schedules.ts";
export { ImportFailed } from "./schedules.ts";
export type { AuditEntry } from "./service.ts";
export type {
  SubmittedSweep,
  Sweep,
  SweepFrame,
  SweepImportance,
  SweepProgress,
  SweepSpec,
  SweepsClient,
  SweepValidation,
  Trial,
  TrialPage,
  TrialsCsvQuery,
  TrialsQuery,
} from "./sweeps.ts";
export type { CallOptions, TransportOptions } from "./transport/transport.ts";
export type { TriesOptions, Wait } from "./transport/tries.ts";
export type { WatchOptions } from "./watch.ts";
export type { Worker } from "./workers.ts";
