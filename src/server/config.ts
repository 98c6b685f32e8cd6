/** Parses the environment into a frozen configuration. All other code gets its settings as arguments. */
import { availableParallelism, hostname, totalmem } from "node:os";
import { z } from "zod";
import type { DatasetLimits, ServiceLimits } from "../domain/limits.ts";
import type { Retention } from "../domain/operation/retention.ts";
import { ROLES, type Role } from "../domain/operation/worker.ts";
import "../domain/spec/zod-messages.ts";
import { isBasePath } from "../http/connection/base-path.ts";
import type { SocketBounds } from "../http/connection/sockets.ts";
import type { TracingSettings } from "../telemetry/tracing-settings.ts";
import { connectionsWithin, DEFAULTS, trainingShare } from "./defaults.ts";
import { descriptorLimit } from "./descriptors.ts";
import { type GrpcTlsFiles, grpcTlsOf } from "./grpc-tls-files.ts";
import { parseTracing, tracingSchemas, type WrongSetting } from "./tracing-config.ts";

const whole = (min: number, max: number, standard: number) =>
  z
    .string()
    .regex(/^\d+$/, "must be a whole number in digits")
    .transform(Number)
    .pipe(z.number().min(min).max(max))
    .default(standard);
const yesOrNo = (standard: boolean) =>
  z
    .enum(["true", "false"])
    .default(standard ? "true" : "false")
    .transform((value) => value === "true");
const MiB = 1024 * 1024;

function trainingMemory(): number {
  return trainingShare(Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY));
}

/** Every setting: its variable, its bounds and its default. */
const variables = z.object({
  TRAINYARD_HOST: z.string().min(1).default(DEFAULTS.host),
  TRAINYARD_PORT: whole(0, 65_535, DEFAULTS.port),
  TRAINYARD_GRPC_PORT: z
    .string()
    .regex(/^\d+$/, "must be a whole number in digits")
    .transform(Number)
    .pipe(z.number().min(0).max(65_535))
    .optional(),
  TRAINYARD_GRPC_TLS_CERT_FILE: z.string().optional(),
  TRAINYARD_GRPC_TLS_KEY_FILE: z.string().optional(),
  TRAINYARD_GRPC_TLS_CLIENT_CA_FILE: z.string().optional(),
  TRAINYARD_DATA_DIR: z.string().min(1).default(DEFAULTS.dataDir),
  TRAINYARD_WORKERS: whole(1, 256, availableParallelism()),
  TRAINYARD_ADMIN_KEY: z
    .string()
    .regex(/^ty_[\w-]{32,200}$/, "must be ty_ and 32 to 200 letters, digits, hyphens or underscores")
    .optional(),
  TRAINYARD_ALLOW_OPEN: yesOrNo(false),
  TRAINYARD_SESSION_SECONDS: whole(60, 90 * 86_400, 12 * 3600),
  TRAINYARD_LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).default("info"),
  TRAINYARD_MAX_BODY_BYTES: whole(1024, 1024 * MiB, DEFAULTS.bodyBytes),
  TRAINYARD_MAX_ROWS: whole(1, 100_000_000, 1_000_000),
  TRAINYARD_MAX_PARAMETERS: whole(1, 1_000_000_000, 20_000_000),
  TRAINYARD_MAX_JOB_MEMORY_BYTES: whole(MiB, 3 * 1024 * MiB, 1024 * MiB),
  TRAINYARD_MAX_PREDICT_ROWS: whole(1, 10_000_000, 100_000),
  TRAINYARD_TASK_SECONDS: whole(1, 3600, 30),
  TRAINYARD_MONITORING: yesOrNo(true),
  TRAINYARD_READ_SECONDS: whole(1, 86_400, 120),
  TRAINYARD_PROJECT_QUEUED_JOBS: whole(1, 1_000_000, 10_000),
  TRAINYARD_PROJECT_RUNNING_JOBS: whole(1, 10_000, 10_000),
  TRAINYARD_PROJECT_MODELS: whole(1, 10_000_000, 100_000),
  TRAINYARD_PROJECT_DATASET_BYTES: whole(1024, Number.MAX_SAFE_INTEGER, 256 * 1024 * MiB),
  TRAINYARD_PROJECT_ANSWER_BYTES: whole(MiB, Number.MAX_SAFE_INTEGER, 256 * MiB),
  TRAINYARD_PROJECT_AUDIT_ENTRIES: whole(1000, 1_000_000_000, 1_000_000),
  TRAINYARD_PROJECT_REQUESTS_PER_MINUTE: whole(1, 1_000_000_000, 60_000),
  TRAINYARD_PROJECT_STREAMS: whole(1, 1_000_000, 5000),
  TRAINYARD_STREAM_SUBSCRIPTIONS: whole(1, 100_000, 200),
  TRAINYARD_MAX_DATASET_BYTES: whole(1024, 64 * 1024 * MiB, 1024 * MiB),
  TRAINYARD_MAX_DATASET_ROWS: whole(1, 100_000_000, 10_000_000),
  TRAINYARD_MAX_DATASET_COLUMNS: whole(1, 100_000, 2000),
  TRAINYARD_MAX_DATASET_MEMORY_BYTES: whole(MiB, 64 * 1024 * MiB, DEFAULTS.datasetMemoryBytes),
  TRAINYARD_MAX_CATEGORIES: whole(2, 100_000, 10_000),
  TRAINYARD_MAX_CELL_BYTES: whole(64, MiB, 64 * 1024),
  TRAINYARD_MEMORY_BYTES: whole(MiB, 1024 * 1024 * MiB, trainingMemory()),
  TRAINYARD_DRAIN_SECONDS: whole(1, 3600, 10),
  TRAINYARD_HEARTBEAT_SECONDS: whole(1, 3600, 120),
  TRAINYARD_RETRY_SECONDS: whole(1, 60, 1),
  TRAINYARD_MAX_DATABASE_BYTES: whole(0, Number.MAX_SAFE_INTEGER, 0),
  TRAINYARD_RESERVE_BYTES: whole(0, 1024 * MiB, 8 * MiB),
  TRAINYARD_RETAIN_JOBS_DAYS: whole(0, 36_500, 0),
  TRAINYARD_RETAIN_METRICS_DAYS: whole(0, 36_500, 0),
  TRAINYARD_RETAIN_CHECKPOINTS_DAYS: whole(0, 36_500, 0),
  TRAINYARD_RETAIN_DELIVERIES_DAYS: whole(0, 36_500, 30),
  TRAINYARD_RETAIN_AUDIT_DAYS: whole(0, 36_500, 365),
  TRAINYARD_BASE_PATH: z
    .string()
    .transform((path) => path.replace(/\/$/, ""))
    .refine(
      isBasePath,
      "must be a path of letters, digits and . _ ~ -, like /trainyard, that does not begin as the server's own do (/v1, /jobs, ...)",
    )
    .default(""),
  TRAINYARD_CORS_ORIGINS: z
    .string()
    .transform((list) => list.split(",").map((origin) => origin.trim()))
    .pipe(z.array(z.string().refine(isOrigin, "must be origins separated by commas, like https://app.example.com")))
    .default([]),
  TRAINYARD_HEADERS_TIMEOUT_MS: whole(100, 600_000, 15_000),
  TRAINYARD_REQUEST_TIMEOUT_MS: whole(100, 86_400_000, 3_600_000),
  TRAINYARD_IDLE_TIMEOUT_MS: whole(100, 3_600_000, 60_000),
  TRAINYARD_KEEP_ALIVE_MS: whole(0, 3_600_000, 65_000),
  TRAINYARD_MAX_CONNECTIONS: whole(1, 1_000_000, DEFAULTS.connections),
  TRAINYARD_ROLE: z.enum(ROLES).default("all"),
  TRAINYARD_NODE_NAME: z.string().min(1).max(200).default(hostname()),
  TRAINYARD_DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: "must be postgres://user:password@host:port/database" })
    .optional(),
  TRAINYARD_DATABASE_POOL: whole(2, 1000, 10),
  TRAINYARD_DATABASE_STATEMENT_TIMEOUT_MS: whole(100, 3_600_000, 30_000),
  TRAINYARD_DATABASE_CONNECT_TIMEOUT_MS: whole(100, 600_000, 5000),
  TRAINYARD_DATABASE_PATIENCE_MS: whole(0, 600_000, 5000),
  TRAINYARD_DATABASE_START_WAIT_MS: whole(0, 3_600_000, 60_000),
  TRAINYARD_LEASE_SECONDS: whole(10, 3600, 10),
  TRAINYARD_MAX_LEASE_SECONDS: whole(60, 86_000, 21_600),
  TRAINYARD_SOURCE_PRIVATE_HOSTS: z
    .string()
    .transform((list) => list.split(",").map((host) => host.trim()))
    .pipe(z.array(z.string().refine(isHost, "must be hosts separated by commas, like db.internal,10.0.0.7, or *")))
    .default([]),
  TRAINYARD_SOURCE_SECONDS: whole(1, 86_400, 300),
  TRAINYARD_PROJECT_SCHEDULES: whole(0, 100_000, 100),
  TRAINYARD_WEBHOOK_SECRET: z
    .string()
    .regex(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/, "must be whsec_ and 24 to 64 bytes in base64")
    .optional(),
  TRAINYARD_WEBHOOK_ALLOW_PRIVATE: yesOrNo(false),
  TRAINYARD_WEBHOOK_MAX_ATTEMPTS: whole(1, 100, 15),
  TRAINYARD_WEBHOOK_FIRST_DELAY_MS: whole(10, 3_600_000, 5000),
  TRAINYARD_WEBHOOK_TIMEOUT_MS: whole(100, 60_000, 10_000),
});

/** The schema of each setting, by its variable: text in, its value out. */
export const settingSchemas = { ...variables.shape, ...tracingSchemas };

/** The variable of a setting. */
export type SettingName = keyof typeof settingSchemas;

/** Whether a text is scheme, host and port, with nothing after them. */
function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}

/** Whether a text is a host as URLs write it, without a port, or `*`. */
function isHost(text: string): boolean {
  return text === "*" || (URL.canParse(`http://${text}`) && new URL(`http://${text}`).hostname === text.toLowerCase());
}

export interface Config {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** The port for gRPC, 0 for any free one; null: gRPC is off. */
  readonly grpcPort: number | null;
  /** The files with which gRPC is encrypted; null: it is not. */
  readonly grpcTls: GrpcTlsFiles | null;
  readonly dataDir: string;
  /** Jobs that train at the same time, each on a thread of its own. */
  readonly workers: number;
  readonly logLevel: string;
  readonly access: AccessConfig;
  /** Time from the stop signal until the process exits. */
  readonly drainMs: number;
  /** A training thread without a heartbeat for this long counts as dead. */
  readonly heartbeatMs: number;
  /** The first wait after the crash of a worker; each further one is twice as long. */
  readonly backoffMs: number;
  readonly limits: ServiceLimits;
  readonly datasetLimits: DatasetLimits;
  /** Minimum time limit of a compute thread for one request. */
  readonly taskMs: number;
  /** Whether predictions are counted for monitoring. */
  readonly monitoring: boolean;
  /** Minimum time limit of an upload thread for one table. */
  readonly readMs: number;
  /** Maximum size of a SQLite database; null: limited only by the disk. */
  readonly maxDatabaseBytes: number | null;
  /** Disk space reserved for state changes when the disk is full. */
  readonly reserveBytes: number;
  readonly retention: Retention;
  readonly webhooks: WebhookSettings;
  readonly sources: SourceSettings;
  readonly role: Role;
  /** The name of this process for others. */
  readonly nodeName: string;
  /** The database that processes share; null: SQLite in the data directory, for this process only. */
  readonly cluster: ClusterSettings | null;
  /** The path below which a proxy shows the server, without a trailing slash; "" for the root. */
  readonly basePath: string;
  /** Other origins whose pages may use the API from a browser. */
  readonly corsOrigins: readonly string[];
  readonly sockets: SocketBounds;
  /** Null: nothing is traced. */
  readonly tracing: TracingSettings | null;
}

export interface ClusterSettings {
  /** A secret: it is not logged. */
  readonly url: string;
  /** Maximum connections of this process, besides the one that listens. */
  readonly size: number;
  readonly statementTimeoutMs: number;
  readonly connectTimeoutMs: number;
  /** How long a request waits for an unreachable database. */
  readonly retryMs: number;
  /** How long the start of the process waits for the database. */
  readonly startWaitMs: number;
  /** A worker that is silent for this long loses its jobs. */
  readonly leaseSeconds: number;
  /** How long a job may train before it goes back into the queue with a checkpoint. */
  readonly maxLeaseSeconds: number;
}

export interface AccessConfig {
  /** A key that may do everything and has no record; null: none. A secret: it is not logged. */
  readonly adminKey: string | null;
  /** Serves everybody while there is no key, even on an address that others can reach. */
  readonly allowOpen: boolean;
  /** How long a browser stays signed in. */
  readonly sessionMs: number;
}

export interface SourceSettings {
  /** Hosts that may have private addresses and be contacted without TLS; `*` is every host. */
  readonly privateHosts: readonly string[];
  /** How long fetching a table may take. */
  readonly timeoutMs: number;
}

export interface WebhookSettings {
  /** Signs webhooks; null: the secret that the first start created. A secret: it is not logged. */
  readonly secret: string | null;
  /** Whether webhooks may go to private and loopback addresses. */
  readonly allowPrivate: boolean;
  readonly maxAttempts: number;
  /** The wait before the second try; each further wait is twice as long. */
  readonly firstDelayMs: number;
  /** How long one try may take. */
  readonly timeoutMs: number;
}

/** An invalid setting; the message is one line with the variable, its value and what is allowed. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** Parses the configuration of an environment. Throws a ConfigError. */
export function parseConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const parsed = variables.safeParse(given);
  if (!parsed.success)
    throw wrongSettings(
      parsed.error.issues.map(({ path, message }) => [String(path[0]), message]),
      given,
    );
  const env = parsed.data;
  const grpcTls = grpcTlsOf(env);
  if (typeof grpcTls === "string") throw new ConfigError(grpcTls);
  const traces = parseTracing(given);
  if ("wrong" in traces) throw wrongSettings(traces.wrong, given);
  if (env.TRAINYARD_ROLE !== "all" && !env.TRAINYARD_DATABASE_URL)
    throw new ConfigError(
      `TRAINYARD_ROLE=${env.TRAINYARD_ROLE}: processes share their work in PostgreSQL: set TRAINYARD_DATABASE_URL, or leave it at all`,
    );
  return Object.freeze({
    host: env.TRAINYARD_HOST,
    port: env.TRAINYARD_PORT,
    grpcPort: env.TRAINYARD_GRPC_PORT ?? null,
    grpcTls,
    dataDir: env.TRAINYARD_DATA_DIR,
    workers: env.TRAINYARD_WORKERS,
    logLevel: env.TRAINYARD_LOG_LEVEL,
    access: Object.freeze({
      adminKey: env.TRAINYARD_ADMIN_KEY ?? null,
      allowOpen: env.TRAINYARD_ALLOW_OPEN,
      sessionMs: env.TRAINYARD_SESSION_SECONDS * 1000,
    }),
    drainMs: env.TRAINYARD_DRAIN_SECONDS * 1000,
    heartbeatMs: env.TRAINYARD_HEARTBEAT_SECONDS * 1000,
    backoffMs: env.TRAINYARD_RETRY_SECONDS * 1000,
    limits: Object.freeze({
      bodyBytes: env.TRAINYARD_MAX_BODY_BYTES,
      rows: env.TRAINYARD_MAX_ROWS,
      parameters: env.TRAINYARD_MAX_PARAMETERS,
      jobMemoryBytes: env.TRAINYARD_MAX_JOB_MEMORY_BYTES,
      memoryBytes: env.TRAINYARD_MEMORY_BYTES,
      predictRows: env.TRAINYARD_MAX_PREDICT_ROWS,
      threads: env.TRAINYARD_WORKERS,
      uploadBytes: env.TRAINYARD_MAX_DATASET_BYTES,
      project: Object.freeze({
        queuedJobs: env.TRAINYARD_PROJECT_QUEUED_JOBS,
        runningJobs: env.TRAINYARD_PROJECT_RUNNING_JOBS,
        models: env.TRAINYARD_PROJECT_MODELS,
        schedules: env.TRAINYARD_PROJECT_SCHEDULES,
        datasetBytes: env.TRAINYARD_PROJECT_DATASET_BYTES,
        answerBytes: env.TRAINYARD_PROJECT_ANSWER_BYTES,
        requestsPerMinute: env.TRAINYARD_PROJECT_REQUESTS_PER_MINUTE,
        streams: env.TRAINYARD_PROJECT_STREAMS,
        subscriptions: env.TRAINYARD_STREAM_SUBSCRIPTIONS,
      }),
    }),
    datasetLimits: Object.freeze({
      bytes: env.TRAINYARD_MAX_DATASET_BYTES,
      rows: env.TRAINYARD_MAX_DATASET_ROWS,
      columns: env.TRAINYARD_MAX_DATASET_COLUMNS,
      categories: env.TRAINYARD_MAX_CATEGORIES,
      cellBytes: env.TRAINYARD_MAX_CELL_BYTES,
      memoryBytes: env.TRAINYARD_MAX_DATASET_MEMORY_BYTES,
    }),
    taskMs: env.TRAINYARD_TASK_SECONDS * 1000,
    monitoring: env.TRAINYARD_MONITORING,
    readMs: env.TRAINYARD_READ_SECONDS * 1000,
    maxDatabaseBytes: env.TRAINYARD_MAX_DATABASE_BYTES || null,
    reserveBytes: env.TRAINYARD_RESERVE_BYTES,
    retention: Object.freeze({
      jobsMs: daysMs(env.TRAINYARD_RETAIN_JOBS_DAYS),
      metricsMs: daysMs(env.TRAINYARD_RETAIN_METRICS_DAYS),
      checkpointsMs: daysMs(env.TRAINYARD_RETAIN_CHECKPOINTS_DAYS),
      deliveriesMs: daysMs(env.TRAINYARD_RETAIN_DELIVERIES_DAYS),
      auditMs: daysMs(env.TRAINYARD_RETAIN_AUDIT_DAYS),
      auditEntries: env.TRAINYARD_PROJECT_AUDIT_ENTRIES,
    }),
    basePath: env.TRAINYARD_BASE_PATH,
    corsOrigins: Object.freeze(env.TRAINYARD_CORS_ORIGINS),
    sockets: Object.freeze({
      headersMs: env.TRAINYARD_HEADERS_TIMEOUT_MS,
      requestMs: env.TRAINYARD_REQUEST_TIMEOUT_MS,
      idleMs: env.TRAINYARD_IDLE_TIMEOUT_MS,
      keepAliveMs: env.TRAINYARD_KEEP_ALIVE_MS,
      connections: connectionsWithin(
        env.TRAINYARD_MAX_CONNECTIONS,
        env.TRAINYARD_ROLE === "serve" ? 0 : env.TRAINYARD_WORKERS,
        descriptorLimit(),
      ),
    }),
    tracing: traces.tracing,
    role: env.TRAINYARD_ROLE,
    nodeName: env.TRAINYARD_NODE_NAME,
    cluster: env.TRAINYARD_DATABASE_URL
      ? Object.freeze({
          url: env.TRAINYARD_DATABASE_URL,
          size: env.TRAINYARD_DATABASE_POOL,
          statementTimeoutMs: env.TRAINYARD_DATABASE_STATEMENT_TIMEOUT_MS,
          connectTimeoutMs: env.TRAINYARD_DATABASE_CONNECT_TIMEOUT_MS,
          retryMs: env.TRAINYARD_DATABASE_PATIENCE_MS,
          startWaitMs: env.TRAINYARD_DATABASE_START_WAIT_MS,
          leaseSeconds: env.TRAINYARD_LEASE_SECONDS,
          maxLeaseSeconds: env.TRAINYARD_MAX_LEASE_SECONDS,
        })
      : null,
    sources: Object.freeze({
      privateHosts: Object.freeze(env.TRAINYARD_SOURCE_PRIVATE_HOSTS),
      timeoutMs: env.TRAINYARD_SOURCE_SECONDS * 1000,
    }),
    webhooks: Object.freeze({
      secret: env.TRAINYARD_WEBHOOK_SECRET ?? null,
      allowPrivate: env.TRAINYARD_WEBHOOK_ALLOW_PRIVATE,
      maxAttempts: env.TRAINYARD_WEBHOOK_MAX_ATTEMPTS,
      firstDelayMs: env.TRAINYARD_WEBHOOK_FIRST_DELAY_MS,
      timeoutMs: env.TRAINYARD_WEBHOOK_TIMEOUT_MS,
    }),
  });
}

/** 0 days mean for ever: null. */
function daysMs(days: number): number | null {
  return days === 0 ? null : days * 86_400_000;
}

function wrongSettings(wrong: readonly WrongSetting[], given: Readonly<Record<string, string | undefined>>): ConfigError {
  return new ConfigError(wrong.map(([name, message]) => `${name}=${shown(name, given)}: ${message}`).join("; "));
}

/** The value of a setting for an error; a secret is not shown. */
function shown(name: string, given: Readonly<Record<string, string | undefined>>): string {
  return /_(SECRET|KEY|URL|ENDPOINT|HEADERS)$/.test(name) ? "..." : (given[name] ?? "");
}
