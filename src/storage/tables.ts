/** The tables as Kysely types, the same on both databases. Text columns named in migrations/ as structures hold JSON. */

export interface JobsTable {
  readonly id: string;
  /** Whose it is, here and below. */
  readonly project: string;
  readonly name: string;
  readonly state: string;
  readonly spec: string;
  readonly parameters: number;
  readonly memory_bytes: number;
  readonly classes: string;
  /** Names and shapes of the payload's tensors, whose values are in blob_chunks under the job's id; null: no payload. */
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
  /** How often its worker died. */
  readonly deaths: number;
  /** When it came into its place in the queue. */
  readonly queued_at: number;
  /** Least is taken first: `queued_at`, less a minute for each step of priority. */
  readonly queue_key: number;
  /** Of a queued job that waits after its worker died. */
  readonly not_before: number | null;
  readonly created_at: number;
  readonly started_at: number | null;
  readonly finished_at: number | null;
  /** The process that has it, or had it last; null: none, or the only one. */
  readonly worker_id: string | null;
  /** The message of the queue under which that process took it. */
  readonly lease: string | null;
}

export interface EventsTable {
  readonly job_id: string;
  readonly seq: number;
  readonly type: "state" | "metrics";
  /** `{state, at, reason}`, or `{from, to, bytes}` of the metric chunk that starts at epoch `from`. */
  readonly payload: string;
}

/** What a chart may need of a full window of epochs. */
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

/** The last version that was given to each name of a project. */
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
  /** What of the model has no column of its own. */
  readonly architecture: string;
  readonly metrics: string;
  readonly created_at: number;
}

export interface EvaluationsTable {
  readonly model_id: string;
  /** `Evaluation` of domain/models/evaluation.ts. */
  readonly document: string;
}

/** Bytes of a tensor set in the order of their positions, 256 kB each. The id is that of the job, model or checkpoint they belong to. */
export interface BlobChunksTable {
  readonly blob_id: string;
  readonly position: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface CheckpointsTable {
  readonly id: string;
  /** That of its job. */
  readonly project: string;
  readonly job_id: string;
  readonly attempt: number;
  readonly epoch: number;
  readonly step: number;
  readonly reason: string;
  /** 1: its weights are the best of all that were written. One a job. */
  readonly is_best: number;
  readonly bytes: number;
  readonly sha256: string;
  /** Names and shapes of its tensors, whose values are in blob_chunks under its id. */
  readonly entries: string;
  readonly progress: string;
  /** What a model of its weights is, without the model's name and metrics. */
  readonly model: string;
  /** 1 when it is there for others; 0 while it is written or erased. */
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
  /** `[{name, values}]` in the order of the columns: how the values of each are stored. */
  readonly layout: string;
  /** `Column[]` of domain/datasets/dataset.ts. */
  readonly columns: string;
  /** The first rows, an array a line. */
  readonly preview: string;
  /** 1 when it is there for others; 0 while it is written or erased. */
  readonly ready: number;
  readonly created_at: number;
}

/** Values of a column in row order, 256 kB a position: float64 or int32, little-endian. */
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
  /** `{at, status, error, ms}` of every try, separated by commas, without brackets. */
  readonly log: string;
  /** When it is tried next, or, while it is claimed, when another may try it; null when it is settled. */
  readonly next_at: number | null;
  /** 1 while somebody sends it. */
  readonly claimed: number;
  readonly created_at: number;
  readonly finished_at: number | null;
}

export interface IdempotencyKeysTable {
  readonly project: string;
  readonly route: string;
  readonly key: string;
  readonly owner: string;
  /** After this, a request that has no answer yet may be taken over. */
  readonly owned_until: number;
  readonly resource_id: string;
  /** SHA-256 of what was asked; null until that is known. */
  readonly fingerprint: string | null;
  /** `StoredAnswer` of domain/access/idempotency.ts. */
  readonly answer: string | null;
  readonly created_at: number;
}

export interface SecretsTable {
  readonly name: string;
  readonly value: string;
}

/** When each project was last given a worker, in turns counted from 1. */
export interface ProjectTurnsTable {
  readonly project: string;
  readonly turn: number;
}

/** The keys of the API. A row stays when its key is revoked. */
export interface ApiKeysTable {
  readonly id: string;
  readonly project: string;
  readonly name: string;
  /** SHA-256 of the key, in hex. */
  readonly hash: string;
  /** How the key begins: what it is known by. */
  readonly prefix: string;
  /** JSON: an array of scopes. */
  readonly scopes: string;
  readonly created_at: number;
  readonly expires_at: number | null;
  readonly last_used_at: number | null;
  readonly revoked_at: number | null;
}

/** What browsers hold in exchange for a key. */
export interface SessionsTable {
  /** SHA-256 of the token, in hex. */
  readonly hash: string;
  readonly key_id: string;
  readonly created_at: number;
  readonly expires_at: number;
}

/** A process that serves or trains. */
export interface WorkersTable {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly version: string;
  readonly slots: number;
  readonly memory_bytes: number;
  /** 1 from the moment that somebody wants it to give back its jobs. */
  readonly draining: number;
  readonly started_at: number;
  readonly heartbeat_at: number;
}

/** How often something was done in a window of time that ends then. */
export interface CountersTable {
  readonly key: string;
  readonly count: number;
  readonly ends_at: number;
}

export interface Tables {
  readonly jobs: JobsTable;
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
}
