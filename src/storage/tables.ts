/** The tables as Kysely types, the same for both databases. Text columns that migrations/ describes as structures hold JSON. */
import type { ApiKeysTable, AuditLogTable, CountersTable, IdempotencyKeysTable, SessionsTable } from "./access-tables.ts";
import type { ImportsTable } from "./import-tables.ts";
import type { AskedRowsTable, MonitoredAnswersTable, MonitorsTable, MonitorWindowsTable } from "./monitoring-tables.ts";
import type {
  TrackingExperimentsTable,
  TrackingModelsTable,
  TrackingPointsTable,
  TrackingRunsTable,
  TrackingValuesTable,
} from "./tracking-tables.ts";

export interface JobsTable {
  readonly id: string;
  /** The project that owns the row; the same in the tables below. */
  readonly project: string;
  readonly name: string;
  readonly state: string;
  readonly spec: string;
  readonly parameters: number;
  readonly memory_bytes: number;
  readonly classes: string;
  /** Names and shapes of the payload's tensors, whose values are in blob_chunks under the job's id; null when it has none. */
  readonly payload_entries: string | null;
  readonly attempt: number;
  readonly epochs_done: number;
  readonly last_seq: number;
  readonly metrics: string | null;
  readonly error: string | null;
  readonly model_id: string | null;
  readonly model_name: string | null;
  readonly model_version: number | null;
  readonly model_sha256: string | null;
  /** `{model, sha256}` of the model that the job trains again; null for any other job. */
  readonly reproduces: string | null;
  readonly reproduced_sha256: string | null;
  /** JSON objects separated by commas, without brackets, so that SQL can append one. */
  readonly transitions: string;
  readonly priority: number;
  /** Number of crashes of its workers. */
  readonly deaths: number;
  /** When it entered the queue; a requeued job keeps its time. */
  readonly queued_at: number;
  /** The job with the lowest key is claimed first: `queued_at`, less a minute for each step of priority. */
  readonly queue_key: number;
  /** Earliest time at which a queued job may be claimed; null unless it waits, for example after a crash. */
  readonly not_before: number | null;
  readonly created_at: number;
  readonly started_at: number | null;
  readonly finished_at: number | null;
  /** The process that runs it, or ran it last; null when there was none, or when there is only one process. */
  readonly worker_id: string | null;
  /** The queue message under which that process claimed it. */
  readonly lease: string | null;
  /** Notes on its data, an array; null if there are none. */
  readonly notes: string | null;
  /** `{name: value}`; null if there are none. */
  readonly tags: string | null;
  readonly note: string | null;
}

/** What a job is found by: its tags, the values of its spec, and the metrics of its best epoch. */
export interface JobValuesTable {
  /** A number for the project and the name of the field; see queries/jobs/values.ts. */
  readonly field: number;
  readonly job_id: string;
  /** One of the two is null. */
  readonly number: number | null;
  readonly text: string | null;
}

/** Jobs whose values are not written yet; see queries/jobs/due-values.ts. */
export interface JobValuesDueTable {
  readonly job_id: string;
  /** 1: all of them; 0: those of the metrics. */
  readonly whole: number;
}

export interface EventsTable {
  readonly job_id: string;
  readonly seq: number;
  readonly type: "state" | "metrics";
  /** `{state, at, reason}`, or `{from, to, bytes}` of the metric chunk that starts at epoch `from`. */
  readonly payload: string;
}

/** The epochs of a full window that a chart may need: its minima and maxima. */
export interface NotableEpochsTable {
  readonly job_id: string;
  readonly first_epoch: number;
  readonly last_epoch: number;
  /** The binary form of domain/metrics/min-max-index.ts. */
  readonly columns: Uint8Array<ArrayBuffer>;
}

export interface MetricChunksTable {
  readonly job_id: string;
  readonly first_epoch: number;
  readonly last_epoch: number;
  readonly attempt: number;
  /** The binary form of domain/metrics/metric.ts. */
  readonly columns: Uint8Array<ArrayBuffer>;
}

/** The last version number of each model name of a project. */
export interface ModelNamesTable {
  readonly project: string;
  readonly name: string;
  readonly last_version: number;
}

export interface AliasesTable {
  readonly project: string;
  readonly name: string;
  readonly alias: string;
  readonly version: number;
}

export interface ModelsTable {
  readonly id: string;
  readonly project: string;
  readonly name: string;
  readonly version: number;
  /** `{name: value}`. */
  readonly tags: string;
  readonly job_id: string | null;
  readonly sha256: string;
  readonly parameters: number;
  /** The fields of the model that have no column of their own. */
  readonly architecture: string;
  readonly metrics: string;
  readonly created_at: number;
}

export interface EvaluationsTable {
  readonly model_id: string;
  /** `Evaluation` of domain/models/evaluation.ts. */
  readonly document: string;
}

/** Bytes of a tensor set in chunks of 256 kB, ordered by position. The id is that of the owning job, model or checkpoint. */
export interface BlobChunksTable {
  readonly blob_id: string;
  readonly position: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface CheckpointsTable {
  readonly id: string;
  /** The project of its job. */
  readonly project: string;
  readonly job_id: string;
  readonly attempt: number;
  readonly epoch: number;
  readonly step: number;
  readonly reason: string;
  /** 1 for the checkpoint with the best weights so far; at most one for each job. */
  readonly is_best: number;
  readonly bytes: number;
  readonly sha256: string;
  /** Names and shapes of its tensors, whose values are in blob_chunks under its id. */
  readonly entries: string;
  readonly progress: string;
  /** The model of its weights, without the model's name and metrics. */
  readonly model: string;
  /** 1 when it is visible; 0 while it is written or deleted. */
  readonly ready: number;
  readonly created_at: number;
}

export interface DatasetsTable {
  readonly id: string;
  readonly project: string;
  readonly name: string;
  readonly format: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly rows: number;
  readonly column_count: number;
  /** `[{name, values}]` in the order of the columns: the storage type of the values of each. */
  readonly layout: string;
  /** `Column[]` of domain/datasets/dataset.ts. */
  readonly columns: string;
  /** The first rows, one JSON array on each line. */
  readonly preview: string;
  /** 1 when it is visible; 0 while it is written or deleted. */
  readonly ready: number;
  /** 1 if somebody has uploaded or imported the bytes of a table that a schedule had made. */
  readonly claimed: number;
  readonly created_at: number;
}

/** Values of a column in row order, in chunks of 256 kB: float64 or int32, little-endian. */
export interface DatasetChunksTable {
  readonly dataset_id: string;
  readonly column_index: number;
  readonly position: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface WebhookDeliveriesTable {
  readonly id: string;
  readonly job_id: string;
  readonly project: string;
  readonly url: string;
  readonly body: string;
  readonly state: string;
  readonly attempts: number;
  /** `{at, status, error, ms}` of every attempt, separated by commas, without brackets. */
  readonly log: string;
  /** When the next attempt is due, or, while it is claimed, when the claim expires; null when it was delivered or has failed. */
  readonly next_at: number | null;
  /** 1 while a process is sending it. */
  readonly claimed: number;
  readonly created_at: number;
  readonly finished_at: number | null;
}

export interface SecretsTable {
  readonly name: string;
  readonly value: string;
}

/** When each project last got a worker, as a sequence number counted from 1. */
export interface ProjectTurnsTable {
  readonly project: string;
  readonly turn: number;
}

/** Processes that serve or train. */
export interface WorkersTable {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly version: string;
  readonly slots: number;
  readonly memory_bytes: number;
  /** 1 from the moment that the process is asked to drain. */
  readonly draining: number;
  readonly started_at: number;
  readonly heartbeat_at: number;
}

export interface SweepsTable {
  readonly id: string;
  readonly project: string;
  readonly name: string;
  readonly state: string;
  readonly spec: string;
  /** Bytes of the job's body, which is in blob_chunks under the sweep's id. */
  readonly source_bytes: number;
  readonly chunk_trials: number;
  readonly memory_bytes: number;
  readonly generation: number;
  /** The number of the newest chunk. */
  readonly last_chunk: number;
  readonly last_seq: number;
  readonly succeeded: number;
  readonly pruned: number;
  readonly failed: number;
  readonly best_number: number | null;
  readonly best_value: number | null;
  readonly best_job_id: string;
  /** 1 once the best trial is a job. */
  readonly promoted: number;
  readonly error: string | null;
  readonly transitions: string;
  readonly queue_key: number;
  readonly created_at: number;
  readonly started_at: number | null;
  readonly finished_at: number | null;
  readonly tags: string | null;
  readonly note: string | null;
}

export interface TrialsTable {
  readonly sweep_id: string;
  readonly number: number;
  readonly generation: number;
  readonly state: string;
  readonly parameters: string;
  readonly value: number | null;
  readonly projected_value: number | null;
  readonly fold_values: string | null;
  readonly epochs: number;
  readonly seconds: number | null;
  readonly sha256: string | null;
  readonly reason: string | null;
  readonly curve: string | null;
}

export interface SweepChunksTable {
  readonly sweep_id: string;
  readonly number: number;
  readonly trials: string;
  readonly size: number;
  readonly done: number;
  readonly crashes: number;
  readonly lease: string | null;
  readonly leased_until: number | null;
}

export interface SweepEventsTable {
  readonly sweep_id: string;
  readonly seq: number;
  readonly type: "state" | "progress";
  readonly payload: string;
}

/** Runs that forget rows. */
export interface ForgetsTable {
  readonly id: string;
  readonly project: string;
  readonly dataset_id: string;
  readonly state: string;
  /** `ForgetDocument` of domain/forget/forget.ts. */
  readonly document: string;
  readonly lease: string | null;
  readonly leased_until: number | null;
  /** The project while the run is active, else null: unique. */
  readonly active: string | null;
  readonly created_at: number;
  readonly finished_at: number | null;
}

/** Schedules that fetch tables and train on them. */
export interface SchedulesTable {
  readonly id: string;
  readonly project: string;
  /** `ScheduleDocument` of domain/schedules/schedule.ts, with the secrets of its source. */
  readonly document: string;
  readonly paused: number;
  readonly next_at: number | null;
  readonly etag: string | null;
  readonly sha256: string | null;
  readonly created_at: number;
}

/** Their runs. */
export interface ScheduleRunsTable {
  readonly id: string;
  readonly schedule_id: string;
  readonly project: string;
  readonly state: string;
  /** `RunDocument` of domain/schedules/schedule.ts. */
  readonly document: string;
  readonly lease: string | null;
  readonly leased_until: number | null;
  /** The schedule while the run is active, else null: unique. */
  readonly active: string | null;
  readonly created_at: number;
  readonly finished_at: number | null;
}

export interface Tables {
  readonly jobs: JobsTable;
  readonly job_values: JobValuesTable;
  readonly job_values_due: JobValuesDueTable;
  readonly events: EventsTable;
  readonly metric_chunks: MetricChunksTable;
  readonly notable_epochs: NotableEpochsTable;
  readonly models: ModelsTable;
  readonly evaluations: EvaluationsTable;
  readonly model_names: ModelNamesTable;
  readonly aliases: AliasesTable;
  readonly blob_chunks: BlobChunksTable;
  readonly checkpoints: CheckpointsTable;
  readonly datasets: DatasetsTable;
  readonly dataset_chunks: DatasetChunksTable;
  readonly webhook_deliveries: WebhookDeliveriesTable;
  readonly idempotency_keys: IdempotencyKeysTable;
  readonly secrets: SecretsTable;
  readonly project_turns: ProjectTurnsTable;
  readonly api_keys: ApiKeysTable;
  readonly sessions: SessionsTable;
  readonly workers: WorkersTable;
  readonly counters: CountersTable;
  readonly sweeps: SweepsTable;
  readonly trials: TrialsTable;
  readonly sweep_chunks: SweepChunksTable;
  readonly sweep_events: SweepEventsTable;
  readonly forgets: ForgetsTable;
  readonly audit_log: AuditLogTable;
  readonly schedules: SchedulesTable;
  readonly schedule_runs: ScheduleRunsTable;
  readonly tracking_experiments: TrackingExperimentsTable;
  readonly tracking_runs: TrackingRunsTable;
  readonly tracking_models: TrackingModelsTable;
  readonly tracking_values: TrackingValuesTable;
  readonly tracking_points: TrackingPointsTable;
  readonly monitors: MonitorsTable;
  readonly monitor_windows: MonitorWindowsTable;
  readonly monitored_answers: MonitoredAnswersTable;
  readonly asked_rows: AskedRowsTable;
  readonly imports: ImportsTable;
}
