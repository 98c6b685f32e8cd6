/**
 * The purpose of each setting, in the words of docs/configuration.md. The compiler checks that the table is complete; types, bounds and
 * defaults are only in config.ts.
 */
import type { SettingName } from "./config.ts";

/** The sections of the document, in its order. */
export const SETTING_GROUPS = {
  server: "The server",
  access: "Access",
  training: "Training",
  limits: "Limits of a request or job",
  tables: "Limits of a data set",
  projects: "Limits of a project",
  storage: "Storage and retention",
  connections: "Connections",
  sources: "Data from elsewhere",
  webhooks: "Webhooks",
  cluster: "Many processes",
  tracing: "Traces",
} as const;

export interface SettingDescription {
  readonly group: keyof typeof SETTING_GROUPS;
  readonly text: string;
  /** The default in words, if it depends on the machine or there is no value. */
  readonly standard?: string;
  /** The accepted values, if the schema alone does not show them. */
  readonly takes?: string;
}

export const SETTING_DESCRIPTIONS: Readonly<Record<SettingName, SettingDescription>> = {
  TRAINYARD_HOST: { group: "server", text: "The address to listen on." },
  TRAINYARD_PORT: { group: "server", text: "The port to listen on; 0 takes any free port." },
  TRAINYARD_GRPC_PORT: {
    group: "server",
    text: "The port on which models are also served over gRPC, with the Open Inference Protocol; 0 takes any free port.",
    standard: "none: gRPC is off",
    takes: "a whole number from 0 to 65535",
  },
  TRAINYARD_GRPC_TLS_CERT_FILE: {
    group: "server",
    text: "The certificate for gRPC over TLS, followed by its intermediate certificates. Connections without TLS are then refused. The file is read at the start only.",
    standard: "none: gRPC is not encrypted",
    takes: "a file in PEM",
  },
  TRAINYARD_GRPC_TLS_KEY_FILE: {
    group: "server",
    text: "The private key of the certificate, without a passphrase.",
    standard: "none",
    takes: "a file in PEM",
  },
  TRAINYARD_GRPC_TLS_CLIENT_CA_FILE: {
    group: "server",
    text: "If set, only clients with a certificate of these authorities may connect to gRPC.",
    standard: "none: all clients may",
    takes: "a file in PEM",
  },
  TRAINYARD_DATA_DIR: { group: "server", text: "The folder of the SQLite database and of uploads in progress." },
  TRAINYARD_LOG_LEVEL: { group: "server", text: "The least severe log lines to write." },
  TRAINYARD_DRAIN_SECONDS: {
    group: "server",
    text: "How long a stop may take, including the last checkpoints of running jobs, before the process exits at once.",
  },
  TRAINYARD_BASE_PATH: {
    group: "server",
    text: "The path below which a proxy serves the server. Requests are accepted with and without it.",
    standard: "the proxy's `X-Forwarded-Prefix`, else none",
    takes: "a path like `/trainyard`",
  },

  TRAINYARD_ADMIN_KEY: {
    group: "access",
    text: "An API key that may do everything. It is not stored.",
    standard: "none",
    takes: "`ty_` and 32 to 200 letters, digits, `-` or `_`",
  },
  TRAINYARD_ALLOW_OPEN: { group: "access", text: "Serves everybody as long as there is no key, on any address." },
  TRAINYARD_SESSION_SECONDS: { group: "access", text: "How long a browser stays signed in." },
  TRAINYARD_CORS_ORIGINS: {
    group: "access",
    text: "The origins of other pages that may call the API from a browser.",
    standard: "none",
    takes: "origins separated by commas, like `https://app.example.com`",
  },

  TRAINYARD_WORKERS: {
    group: "training",
    text: "How many jobs train at the same time. A long job also uses idle threads.",
    standard: "the number of cores",
  },
  TRAINYARD_MEMORY_BYTES: {
    group: "training",
    text: "Memory for all jobs that train at the same time. A job that does not fit waits.",
    standard: "half of what the process may use",
  },
  TRAINYARD_HEARTBEAT_SECONDS: {
    group: "training",
    text: "A training thread that sends no heartbeat for this long is abandoned, and its job resumes in another.",
  },
  TRAINYARD_RETRY_SECONDS: {
    group: "training",
    text: "The wait before a job whose thread died is tried again; it doubles each time.",
  },

  TRAINYARD_MAX_BODY_BYTES: { group: "limits", text: "Bytes of a request body; above it 413." },
  TRAINYARD_MAX_ROWS: { group: "limits", text: "Rows of one job." },
  TRAINYARD_MAX_PARAMETERS: { group: "limits", text: "Parameters of one network." },
  TRAINYARD_MAX_JOB_MEMORY_BYTES: { group: "limits", text: "Memory of one job, computed before the job is accepted." },
  TRAINYARD_MAX_PREDICT_ROWS: { group: "limits", text: "Rows of one prediction request; streams have no such limit." },
  TRAINYARD_TASK_SECONDS: {
    group: "limits",
    text: "How long a thread may work on one request (checking a job, evaluating a model); large requests get more, up to 20 times as much. Above it 422.",
  },
  TRAINYARD_MONITORING: {
    group: "limits",
    text: "Whether the rows that models predict are counted and compared with the training rows; `false`: no model is monitored.",
  },

  TRAINYARD_MAX_DATASET_BYTES: { group: "tables", text: "Bytes of one upload, both as sent and unpacked." },
  TRAINYARD_MAX_DATASET_ROWS: { group: "tables", text: "Rows of one data set." },
  TRAINYARD_MAX_DATASET_COLUMNS: { group: "tables", text: "Columns of one data set." },
  TRAINYARD_MAX_DATASET_MEMORY_BYTES: { group: "tables", text: "Memory of a data set's values while it is read." },
  TRAINYARD_READ_SECONDS: {
    group: "tables",
    text: "How long a thread may read one upload, plus a second for each megabyte; above it 422.",
  },
  TRAINYARD_MAX_CATEGORIES: { group: "tables", text: "Categories of one column; a column with more of them is text." },
  TRAINYARD_MAX_CELL_BYTES: { group: "tables", text: "Bytes of one cell." },

  TRAINYARD_PROJECT_QUEUED_JOBS: {
    group: "projects",
    text: "Queued jobs, and as many sweeps that have not ended; above it 429.",
  },
  TRAINYARD_PROJECT_RUNNING_JOBS: {
    group: "projects",
    text: "Jobs that train at the same time, and as many chunks of sweeps; further ones wait.",
  },
  TRAINYARD_PROJECT_MODELS: { group: "projects", text: "Models; above it 409 for jobs and imports." },
  TRAINYARD_PROJECT_DATASET_BYTES: { group: "projects", text: "Bytes of all uploads together; above it 413." },
  TRAINYARD_PROJECT_ANSWER_BYTES: {
    group: "projects",
    text: "Bytes of the answers that are stored for a day for requests with an `Idempotency-Key`; above it 429 for new keys.",
  },
  TRAINYARD_PROJECT_AUDIT_ENTRIES: {
    group: "projects",
    text: "Entries of the audit log, about 700 bytes each with their indexes; above it the oldest are deleted within ten minutes, and the server's log says so.",
  },
  TRAINYARD_PROJECT_REQUESTS_PER_MINUTE: {
    group: "projects",
    text: "Requests per minute with keys of the project; above it 429.",
  },
  TRAINYARD_PROJECT_STREAMS: { group: "projects", text: "Open WebSocket and SSE streams; above it 429." },
  TRAINYARD_STREAM_SUBSCRIPTIONS: { group: "projects", text: "Jobs that one WebSocket may follow." },

  TRAINYARD_MAX_DATABASE_BYTES: {
    group: "storage",
    text: "How large the SQLite database may grow; above it 507. 0: as large as the disk allows.",
  },
  TRAINYARD_RESERVE_BYTES: {
    group: "storage",
    text: "Disk space held in reserve, so that jobs can be cancelled and deleted when the disk is full.",
  },
  TRAINYARD_RETAIN_JOBS_DAYS: {
    group: "storage",
    text: "Days that an ended job is kept, with its metrics and events; 0: forever. Models stay.",
  },
  TRAINYARD_RETAIN_METRICS_DAYS: {
    group: "storage",
    text: "Days that the values of each epoch are kept after the end of their job; 0: as long as the job.",
  },
  TRAINYARD_RETAIN_CHECKPOINTS_DAYS: {
    group: "storage",
    text: "Days that checkpoints are kept after the end of their job; 0: as long as the job.",
  },
  TRAINYARD_RETAIN_AUDIT_DAYS: { group: "storage", text: "Days that the audit log keeps an entry; 0: forever." },
  TRAINYARD_RETAIN_DELIVERIES_DAYS: { group: "storage", text: "Days that the log of a webhook is kept; 0: forever." },

  TRAINYARD_HEADERS_TIMEOUT_MS: { group: "connections", text: "How long the head of a request may take to arrive." },
  TRAINYARD_REQUEST_TIMEOUT_MS: { group: "connections", text: "How long a whole request may take to arrive." },
  TRAINYARD_IDLE_TIMEOUT_MS: { group: "connections", text: "A request that sends nothing for this long is aborted." },
  TRAINYARD_KEEP_ALIVE_MS: { group: "connections", text: "How long a connection waits for its next request." },
  TRAINYARD_MAX_CONNECTIONS: { group: "connections", text: "Connections at the same time." },

  TRAINYARD_SOURCE_PRIVATE_HOSTS: {
    group: "sources",
    text: "Hosts, separated by commas, from which tables may be fetched although their addresses are private, and without TLS; `*`: every host.",
  },
  TRAINYARD_SOURCE_SECONDS: { group: "sources", text: "How long fetching one table may take." },
  TRAINYARD_PROJECT_SCHEDULES: { group: "projects", text: "Schedules; above it 409." },
  TRAINYARD_WEBHOOK_SECRET: {
    group: "webhooks",
    text: "The secret that webhooks are signed with.",
    standard: "created at the first start, and stored",
    takes: "`whsec_` and 24 to 64 bytes in base64",
  },
  TRAINYARD_WEBHOOK_ALLOW_PRIVATE: {
    group: "webhooks",
    text: "Lets webhooks go to addresses that are not on the public internet.",
  },
  TRAINYARD_WEBHOOK_MAX_ATTEMPTS: { group: "webhooks", text: "Tries of one delivery." },
  TRAINYARD_WEBHOOK_FIRST_DELAY_MS: {
    group: "webhooks",
    text: "The wait before the second try; it doubles each time, up to 2 hours.",
  },
  TRAINYARD_WEBHOOK_TIMEOUT_MS: { group: "webhooks", text: "How long one try may take." },

  TRAINYARD_DATABASE_URL: {
    group: "cluster",
    text: "The PostgreSQL that the processes share. Without it, one process uses SQLite.",
    standard: "none",
    takes: "`postgres://user:password@host:port/database`",
  },
  TRAINYARD_ROLE: {
    group: "cluster",
    text: "What this process does: `serve` answers, `work` trains, `all` does both. The first two need PostgreSQL.",
  },
  TRAINYARD_NODE_NAME: {
    group: "cluster",
    text: "The name of this process in `trainyard workers`.",
    standard: "the host's name",
  },
  TRAINYARD_DATABASE_POOL: {
    group: "cluster",
    text: "Connections to PostgreSQL, in addition to four of the queue and the bus.",
  },
  TRAINYARD_DATABASE_STATEMENT_TIMEOUT_MS: { group: "cluster", text: "How long one statement may take." },
  TRAINYARD_DATABASE_CONNECT_TIMEOUT_MS: { group: "cluster", text: "How long a connection may take to open." },
  TRAINYARD_DATABASE_PATIENCE_MS: {
    group: "cluster",
    text: "How long a request waits for a lost database before it gets 503.",
  },
  TRAINYARD_DATABASE_START_WAIT_MS: {
    group: "cluster",
    text: "How long the start waits for a database that does not answer; meanwhile `/readyz` answers 503.",
  },
  TRAINYARD_LEASE_SECONDS: { group: "cluster", text: "A worker that is silent for this long loses its jobs to another." },
  TRAINYARD_MAX_LEASE_SECONDS: {
    group: "cluster",
    text: "After this long, a job writes a checkpoint, makes room for others, and resumes when its turn comes.",
  },

  OTEL_EXPORTER_OTLP_ENDPOINT: {
    group: "tracing",
    text: "Where a receiver of OTLP over HTTP listens; spans go to /v1/traces below it. Without an endpoint nothing is traced, and the other variables of this section are ignored.",
    standard: "none",
    takes: "an address like `http://localhost:4318`",
  },
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: {
    group: "tracing",
    text: "The whole address for spans, instead of that endpoint.",
    standard: "none",
    takes: "an address like `http://localhost:4318/v1/traces`",
  },
  OTEL_EXPORTER_OTLP_HEADERS: {
    group: "tracing",
    text: "Headers of each export, such as a key of the receiver.",
    standard: "none",
    takes: "`name=value` separated by commas, percent-encoded",
  },
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: {
    group: "tracing",
    text: "More headers; if both variables have the same one, this one wins.",
    standard: "none",
    takes: "`name=value` separated by commas, percent-encoded",
  },
  OTEL_EXPORTER_OTLP_PROTOCOL: { group: "tracing", text: "The encoding of exports.", standard: "http/json" },
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: { group: "tracing", text: "The same, for spans only.", standard: "http/json" },
  OTEL_TRACES_EXPORTER: { group: "tracing", text: "`none` switches traces off." },
  TRAINYARD_TRACES_PER_SECOND: {
    group: "tracing",
    text: "Without `OTEL_TRACES_SAMPLER`: how many requests a second are recorded. Callers whose `traceparent` says that they record have as many again. Jobs and sweeps are always recorded, unless their caller does not record.",
  },
  OTEL_TRACES_SAMPLER: {
    group: "tracing",
    text: "Which traces are recorded; replaces the limit. Those that begin with `parentbased` follow the caller's `traceparent`, if there is one.",
    standard: "`parentbased_always_on`, up to `TRAINYARD_TRACES_PER_SECOND`",
  },
  OTEL_TRACES_SAMPLER_ARG: {
    group: "tracing",
    text: "The share of traces that the samplers with `ratio` record.",
    takes: "0 to 1",
  },
  OTEL_SERVICE_NAME: {
    group: "tracing",
    text: "The name of the service in traces.",
    standard: "`service.name` of `OTEL_RESOURCE_ATTRIBUTES`, else trainyard",
  },
  OTEL_RESOURCE_ATTRIBUTES: {
    group: "tracing",
    text: "Attributes of every span of the process, such as `deployment.environment.name=production`.",
    standard: "none",
    takes: "`name=value` separated by commas, percent-encoded",
  },
  OTEL_SDK_DISABLED: { group: "tracing", text: "Switches traces off; case does not matter.", takes: "true, false" },
};
