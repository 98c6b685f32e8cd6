/** The routes of the API that the page uses, as typed functions. The only place where their paths stand. */

import type {
  Comparison,
  Dataset,
  DatasetPreview,
  DatasetSummary,
  EventPage,
  Job,
  JobRows,
  JobSpec,
  Metrics,
  Model,
  Page,
  PredictionAnswer,
  Validation,
} from "../../client/answers.ts";
import type { CheckpointReason } from "../../domain/jobs/checkpoint.ts";
import type { JobState } from "../../domain/jobs/job.ts";
import type { Series } from "../../domain/metrics/metric.ts";
import { ApiProblem, createHttp, type Http, type RequestOptions } from "./http.ts";

/** A stored checkpoint. */
export interface Checkpoint {
  readonly id: string;
  readonly epoch: number;
  readonly step: number;
  readonly reason: CheckpointReason;
  readonly is_best: boolean;
  readonly bytes: number;
  readonly sha256: string;
  readonly created_at: string;
}

/** Who the server takes us for. */
export interface Session {
  readonly authenticated: boolean;
  /** Whether the server wants a key at all. */
  readonly required: boolean;
  readonly project?: string | null;
  readonly scopes?: readonly string[] | null;
}

export interface PageOptions {
  readonly after?: string | null | undefined;
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

type Signal = Pick<RequestOptions, "signal">;

export interface MetricsOptions extends Signal {
  readonly from?: number;
  readonly to?: number;
  readonly points?: number;
  readonly series?: readonly Series[];
}

/** The verbs that change a job's state. */
export type JobVerb = "cancel" | "pause" | "resume";

interface PredictionsAnswer {
  readonly predictions: PredictionAnswer[];
}

export type Api = ReturnType<typeof createApi>;

/** The API of the server that the page came from. Every function throws an ApiProblem when the answer is no success. */
export function createApi(onUnauthorized: () => void) {
  const http = createHttp(onUnauthorized);
  return { http, ...sessionRoutes(http), ...jobRoutes(http), ...modelRoutes(http), ...datasetRoutes(http) };
}

const path = (...parts: readonly string[]) => `/v1/${parts.map(encodeURIComponent).join("/")}`;

function sessionRoutes({ json }: Http) {
  return {
    /** Null where the server knows no sessions: everybody may do everything. */
    session: (): Promise<Session | null> =>
      json<Session>("GET", path("session")).catch((error: { problem?: { status: number } }) => {
        if (error.problem?.status === 404) return null;
        throw error;
      }),
    signIn: (key: string) => json<Session | undefined>("POST", path("session"), { body: { key } }),
    signOut: () => json<undefined>("DELETE", path("session")),
  };
}

function jobRoutes({ json, send }: Http) {
  return {
    jobs: ({ after, limit, state, signal }: PageOptions & { readonly state?: JobState | undefined } = {}) =>
      json<Page<Job>>("GET", path("jobs"), { query: { after, limit, state }, signal }),
    job: (id: string, options: Signal = {}) => json<Job>("GET", path("jobs", id), options),
    submit: (spec: JobSpec | string) => json<Job>("POST", path("jobs"), bodyOf(spec)),
    /** What a spec comes to; nothing is stored. */
    validate: (spec: JobSpec | string, { signal }: Signal = {}) =>
      json<Validation>("POST", path("jobs"), { ...bodyOf(spec), query: { validate_only: true }, signal }),
    rows: (id: string, { limit, signal }: { readonly limit?: number } & Signal = {}) =>
      json<JobRows>("GET", path("jobs", id, "data"), { query: { limit }, signal }),
    changeJob: (id: string, verb: JobVerb) => json<Job>("POST", path("jobs", id, verb)),
    removeJob: (id: string) => json<undefined>("DELETE", path("jobs", id)),
    /** Thinned to about `points`; the fewer `series` are asked for, the finer. */
    metrics: (id: string, { signal, series, ...range }: MetricsOptions = {}) =>
      json<Metrics>("GET", path("jobs", id, "metrics"), { query: { ...range, series: series?.join() }, signal }),
    /** Every epoch as CSV, as it comes. */
    metricsCsv: (id: string) => send("GET", path("jobs", id, "metrics"), { headers: { accept: "text/csv" } }),
    events: (id: string, { after, limit, signal }: { readonly after?: number; readonly limit?: number } & Signal = {}) =>
      json<EventPage>("GET", path("jobs", id, "events"), { query: { after, limit }, signal }),
    checkpoints: (id: string, { after, limit, signal }: PageOptions = {}) =>
      json<Page<Checkpoint>>("GET", path("jobs", id, "checkpoints"), { query: { after, limit }, signal }),
    predictCheckpoint: async (id: string, instances: readonly unknown[], { signal }: Signal = {}) =>
      (await json<PredictionsAnswer>("POST", path("checkpoints", id, "predict"), { body: { instances }, signal })).predictions,
    removeCheckpoint: (id: string) => json<undefined>("DELETE", path("checkpoints", id)),
    tensorboardUrl: (id: string) => path("jobs", id, "tensorboard"),
  };
}

function modelRoutes({ json, send }: Http) {
  return {
    models: ({ after, limit, name, signal }: PageOptions & { readonly name?: string } = {}) =>
      json<Page<Model>>("GET", path("models"), { query: { after, limit, name }, signal }),
    model: (ref: string, options: Signal = {}) => json<Model>("GET", path("models", ref), options),
    versions: (name: string, { after, limit, signal }: PageOptions = {}) =>
      json<Page<Model>>("GET", path("models", name, "versions"), { query: { after, limit }, signal }),
    removeModel: (ref: string) => json<undefined>("DELETE", path("models", ref)),
    compareModels: (a: string, b: string) => json<Comparison>("GET", path("models", a, "compare"), { query: { with: b } }),
    predict: async (ref: string, instances: readonly unknown[], { signal }: Signal = {}) =>
      (await json<PredictionsAnswer>("POST", path("models", ref, "predict"), { body: { instances }, signal })).predictions,
    /** Rows of CSV, answered with further cells. */
    predictCsv: async (
      ref: string,
      csv: string,
      { header, signal }: { readonly header: "auto" | "true" | "false" } & Signal,
    ) => {
      const headers = { "content-type": "text/csv", accept: "text/csv" };
      const query = { header, trailer: true };
      return withoutTrailer(
        await (await send("POST", path("models", ref, "predict"), { body: csv, query, headers, signal })).text(),
      );
    },
    setAlias: (name: string, alias: string, version: number) =>
      json<Model>("PUT", path("models", name, "aliases", alias), { body: { version } }),
    removeAlias: (name: string, alias: string) => json<undefined>("DELETE", path("models", name, "aliases", alias)),
    weightsUrl: (ref: string) => path("models", ref, "weights"),
    onnxUrl: (ref: string) => path("models", ref, "onnx"),
  };
}

/**
 * The rows of an answer in CSV, whose last line says whether they are all there. Throws an ApiProblem when they are not.
 *
 * @internal Exported for a test of every way in which an answer breaks off.
 */
export function withoutTrailer(csv: string): string {
  const start = csv.lastIndexOf("\n", csv.length - 2) + 1;
  const trailer = csv.slice(start).trimEnd();
  if (trailer === "# end") return csv.slice(0, start);
  const detail = trailer.startsWith("# error: ") ? trailer.slice("# error: ".length) : "The answer broke off.";
  throw new ApiProblem({ type: "about:blank", title: "A row cannot be predicted", status: 422, detail, code: "invalid" });
}

function datasetRoutes({ json }: Http) {
  return {
    datasets: ({ after, limit, signal }: PageOptions = {}) =>
      json<Page<DatasetSummary>>("GET", path("datasets"), { query: { after, limit }, signal }),
    dataset: (id: string, options: Signal = {}) => json<Dataset>("GET", path("datasets", id), options),
    preview: (id: string, { rows, signal }: { readonly rows?: number } & Signal = {}) =>
      json<DatasetPreview>("GET", path("datasets", id, "preview"), { query: { rows }, signal }),
    removeDataset: (id: string) => json<undefined>("DELETE", path("datasets", id)),
    /** Where tables are sent: see datasets/upload.ts. */
    datasetsUrl: () => path("datasets"),
  };
}

/** A spec as an object, or as the JSON text that a person wrote: then the server's pointers lead into that text. */
function bodyOf(spec: JobSpec | string): RequestOptions {
  if (typeof spec !== "string") return { body: spec };
  return { body: spec, headers: { "content-type": "application/json" } };
}
