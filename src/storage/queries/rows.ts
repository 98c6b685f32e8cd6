/** Converts rows to records of the domain and back. Knows the columns, but runs no query. */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Job, JobError, JobMetrics, JobState, Reproduction, Transition } from "../../domain/jobs/job.ts";
import type { NewJob } from "../../domain/jobs/job-store.ts";
import { DEFAULT_RUN_OPTIONS } from "../../domain/jobs/run-defaults.ts";
import { type Labels, labelsOf, type Tags } from "../../domain/labels.ts";
import { toWire, type WireNumber } from "../../domain/metrics/metric.ts";
import type { Model, NewModel } from "../../domain/models/model.ts";
import type { Score } from "../../domain/models/score.ts";
import type { Note } from "../../domain/notes.ts";
import type { ResolvedSpec } from "../../domain/spec/spec.ts";
import { parseInSlices } from "../parse-in-slices.ts";
import type { JobsTable, ModelsTable } from "../tables.ts";

/**
 * Encodes metrics as JSON. NaN and the infinities, which JSON lacks, become strings, as in the HTTP API. The score of a job is stored
 * beside them; the score of a model is part of its architecture.
 */
export function metricsToJson(metrics: JobMetrics, score: Score | null = null): string {
  const document = score ? { ...metrics, score } : metrics;
  return JSON.stringify(document, (_, value: unknown) => (typeof value === "number" ? toWire(value) : value));
}

/** Decodes what `metricsToJson` encoded, without the score. */
export function metricsFromJson(text: string): JobMetrics {
  const { score: _, ...metrics } = JSON.parse(text) as Record<string, Record<string, WireNumber>>;
  const numbers = (values: Record<string, WireNumber>) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Number(value)]));
  return Object.fromEntries(Object.entries(metrics).map(([name, values]) => [name, numbers(values)])) as unknown as JobMetrics;
}

/** Returns the score that `metricsToJson` encoded. */
function scoreFromJson(text: string): Score | null {
  return (JSON.parse(text) as { score?: Score }).score ?? null;
}

/** Waiting time that is worth one step of priority: one minute. */
export const PRIORITY_STEP_MS = 60_000;

/** Returns the row of a job that was just submitted: queued, with the sequence number 1 for its first event. */
export function newJobRow(job: NewJob, project: string, transition: Transition, queuedAt: number): JobsTable {
  return {
    id: job.id,
    project,
    name: job.spec.name,
    state: transition.state,
    spec: JSON.stringify(job.spec),
    parameters: job.parameters,
    memory_bytes: job.memoryBytes,
    classes: JSON.stringify(job.classes),
    payload_entries: job.payload ? JSON.stringify(job.payload.entries) : null,
    attempt: 0,
    epochs_done: 0,
    last_seq: 1,
    metrics: null,
    error: null,
    model_id: null,
    model_name: null,
    model_version: null,
    model_sha256: null,
    reproduces: job.reproduces ? JSON.stringify(job.reproduces) : null,
    reproduced_sha256: null,
    transitions: JSON.stringify(transition),
    priority: job.spec.priority,
    deaths: 0,
    queued_at: queuedAt,
    // A constant key: the order of two jobs never changes while they wait.
    queue_key: queuedAt - job.spec.priority * PRIORITY_STEP_MS,
    not_before: null,
    created_at: job.createdAt,
    started_at: null,
    finished_at: null,
    worker_id: null,
    lease: null,
    notes: job.notes && job.notes.length > 0 ? JSON.stringify(job.notes) : null,
    ...labelColumns(job.labels),
  };
}

/** Returns the columns of labels. */
export function labelColumns({ tags, note }: Labels = labelsOf({})): {
  readonly tags: string | null;
  readonly note: string | null;
} {
  return { tags: Object.keys(tags).length > 0 ? JSON.stringify(tags) : null, note };
}

/** Returns the labels of a row. */
export function labelsOfRow({ tags, note }: Pick<JobsTable, "tags" | "note">): Labels {
  return { tags: tags === null ? {} : (JSON.parse(tags) as Tags), note };
}

/** Converts a row to a job, in slices if its spec is long. */
export async function readJobRow(row: JobsTable): Promise<Job> {
  return toJob(row, (await parseInSlices(row.spec)) as ResolvedSpec);
}

/** Converts a row to a job. */
export function toJob(row: JobsTable, spec = JSON.parse(row.spec) as ResolvedSpec): Job {
  return {
    id: row.id,
    project: row.project,
    name: row.name,
    state: row.state as JobState,
    spec: { ...DEFAULT_RUN_OPTIONS, ...spec },
    parameters: row.parameters,
    memoryBytes: row.memory_bytes,
    classes: JSON.parse(row.classes) as string[],
    notes: row.notes === null ? [] : (JSON.parse(row.notes) as Note[]),
    ...labelsOfRow(row),
    attempt: row.attempt,
    crashes: row.deaths,
    epochsDone: row.epochs_done,
    lastSeq: row.last_seq,
    metrics: row.metrics === null ? null : metricsFromJson(row.metrics),
    score: row.metrics === null ? null : scoreFromJson(row.metrics),
    error: row.error === null ? null : (JSON.parse(row.error) as JobError),
    model: modelOf(row),
    reproduces:
      row.reproduces === null ? null : { ...(JSON.parse(row.reproduces) as Reproduction), resultSha256: row.reproduced_sha256 },
    transitions: JSON.parse(`[${row.transitions}]`) as Transition[],
    createdAt: row.created_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
  };
}

function modelOf({ model_id: id, model_name: name, model_version: version, model_sha256: sha256 }: JobsTable): Job["model"] {
  if (id === null || name === null || version === null || sha256 === null) return null;
  return { id, name, version, sha256 };
}

type Architecture = Pick<
  Model,
  | "task"
  | "preprocessing"
  | "inputWidth"
  | "outputWidth"
  | "classes"
  | "layers"
  | "activation"
  | "threshold"
  | "quantiles"
  | "conformal"
  | "weights"
  | "receipt"
  | "score"
  | "search"
  | "reference"
>;

/** Converts rows one after the other, and lets the event loop serve others after some of them. */
export async function readRows<Row, T>(rows: readonly Row[], read: (row: Row) => Promise<T>): Promise<T[]> {
  const all: T[] = [];
  for (const row of rows) {
    if (all.length > 0 && all.length % ROWS_OF_A_TURN === 0) await nextTurn();
    all.push(await read(row));
  }
  return all;
}

/** Rows with documents up to 32 kB are parsed at once. */
const ROWS_OF_A_TURN = 8;

/** Returns the row of a new model with its version, without tags. */
export function newModelRow(model: NewModel, project: string, version: number): ModelsTable {
  const { id, name, jobId, sha256, parameters, metrics, createdAt, ...architecture } = model;
  return {
    id,
    project,
    name,
    version,
    tags: "{}",
    job_id: jobId,
    sha256,
    parameters,
    architecture: JSON.stringify(architecture satisfies Architecture),
    metrics: metricsToJson(metrics),
    created_at: createdAt,
  };
}

/** Converts a row and its aliases to a model, in slices if its architecture is long. */
export async function readModelRow(row: ModelsTable, aliases: readonly string[]): Promise<Model> {
  return toModel(row, aliases, (await parseInSlices(row.architecture)) as Architecture);
}

/** Converts a row and its aliases to a model. */
export function toModel(
  row: ModelsTable,
  aliases: readonly string[],
  architecture = JSON.parse(row.architecture) as Architecture,
): Model {
  return {
    ...architecture,
    id: row.id,
    name: row.name,
    version: row.version,
    aliases,
    tags: JSON.parse(row.tags) as Tags,
    jobId: row.job_id,
    sha256: row.sha256,
    parameters: row.parameters,
    metrics: metricsFromJson(row.metrics),
    createdAt: row.created_at,
  };
}
