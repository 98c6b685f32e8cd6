/** The typed client of the HTTP API. Needs fetch and WebSocket, which Node 22 and browsers have, and nothing else. */
import type { JobState } from "../domain/job.ts";
import type { EventPage, Frame, Job, JobSpec, Metrics, Model, Page, PredictionAnswer, Validation } from "./answers.ts";
import { errorOf } from "./error.ts";
import { type WatchOptions, watchFrames } from "./watch.ts";

export interface PageQuery {
  /** The `next_after` of the page before. */
  readonly after?: string;
  readonly limit?: number;
}

export interface Client {
  /** Stores and queues a job. */
  submit(spec: JobSpec): Promise<Job>;
  /** What a spec comes to; stores nothing. */
  validate(spec: JobSpec): Promise<Validation>;
  job(id: string): Promise<Job>;
  jobs(query?: PageQuery & { readonly state?: JobState; readonly name?: string }): Promise<Page<Job>>;
  cancel(id: string): Promise<Job>;
  /** Deletes a finished job. */
  remove(id: string): Promise<void>;
  metrics(id: string, query?: { readonly from?: number; readonly to?: number; readonly points?: number }): Promise<Metrics>;
  /** Every epoch of a job as CSV. */
  metricsCsv(id: string): Promise<string>;
  /** A TensorBoard event file. */
  tensorboard(id: string): Promise<Uint8Array<ArrayBuffer>>;
  events(id: string, query?: { readonly after?: number; readonly limit?: number }): Promise<EventPage>;
  /**
   * The frames of a job, each exactly once and in order, up to its `end` frame. Reconnects when the connection breaks or
   * the server restarts. Ends quietly when `signal` aborts.
   */
  watch(id: string, options?: WatchOptions): AsyncGenerator<Frame, void, void>;
  /** Waits until a job is in a terminal state. */
  wait(id: string, options?: Pick<WatchOptions, "signal">): Promise<Job>;
  model(id: string): Promise<Model>;
  models(query?: PageQuery): Promise<Page<Model>>;
  /** Deletes a model. */
  removeModel(id: string): Promise<void>;
  /** A safetensors file. */
  weights(id: string): Promise<Uint8Array<ArrayBuffer>>;
  /** An ONNX file. */
  onnx(id: string): Promise<Uint8Array<ArrayBuffer>>;
  /** A model from a safetensors file, with an architecture as JSON where the file states none. */
  importModel(
    file: Uint8Array<ArrayBuffer>,
    query?: { readonly name?: string; readonly architecture?: string },
  ): Promise<Model>;
  /** Queues the job that trained a model again; the new job's `agrees` says at the end whether the bits are the same. */
  reproduce(id: string): Promise<Job>;
  /** One prediction a row. */
  predict(id: string, instances: readonly (readonly number[])[]): Promise<PredictionAnswer[]>;
}

/** A client of the server at `baseUrl`. Every method throws an ApiError when the answer is not a success. */
export function createClient(baseUrl: string | URL): Client {
  const base = new URL(baseUrl);
  const get = async <T>(path: string, query: object = {}) => (await send(base, "GET", path, query)).json() as Promise<T>;
  const post = async <T>(path: string, body?: unknown, query: object = {}) =>
    (await send(base, "POST", path, query, body)).json() as Promise<T>;
  const drop = async (path: string) => void (await send(base, "DELETE", path));
  const file = async (path: string) => new Uint8Array(await (await send(base, "GET", path)).arrayBuffer());
  const job = (id: string) => get<Job>(`v1/jobs/${id}`);
  const watch = (id: string, options: WatchOptions = {}) =>
    watchFrames(urlOf(base, `v1/jobs/${id}/stream`), () => job(id), options);
  return {
    submit: (spec) => post("v1/jobs", spec),
    validate: (spec) => post("v1/jobs", spec, { validate_only: true }),
    job,
    jobs: (query) => get("v1/jobs", query),
    cancel: (id) => post(`v1/jobs/${id}/cancel`),
    remove: (id) => drop(`v1/jobs/${id}`),
    metrics: (id, query) => get(`v1/jobs/${id}/metrics`, query),
    metricsCsv: async (id) => (await send(base, "GET", `v1/jobs/${id}/metrics`, {}, undefined, "text/csv")).text(),
    tensorboard: (id) => file(`v1/jobs/${id}/tensorboard`),
    events: (id, query) => get(`v1/jobs/${id}/events`, query),
    watch,
    async wait(id, options) {
      for await (const _ of watch(id, options));
      return job(id);
    },
    model: (id) => get(`v1/models/${id}`),
    models: (query) => get("v1/models", query),
    removeModel: (id) => drop(`v1/models/${id}`),
    weights: (id) => file(`v1/models/${id}/weights`),
    onnx: (id) => file(`v1/models/${id}/onnx`),
    importModel: (bytes, query) => post("v1/models", bytes, query),
    reproduce: (id) => post(`v1/models/${id}/reproduce`),
    predict: async (id, instances) =>
      (await post<{ predictions: PredictionAnswer[] }>(`v1/models/${id}/predict`, { instances })).predictions,
  };
}

async function send(
  base: URL,
  method: string,
  path: string,
  query: object = {},
  body?: unknown,
  accept = "*/*",
): Promise<Response> {
  const response = await fetch(urlOf(base, path, query), { method, ...contentOf(body, accept) });
  if (!response.ok) throw await errorOf(response);
  return response;
}

/** Bytes go as they are, anything else as JSON. */
function contentOf(body: unknown, accept: string): RequestInit {
  if (body === undefined) return { headers: { accept } };
  const isFile = body instanceof Uint8Array;
  const headers = { accept, "content-type": isFile ? "application/octet-stream" : "application/json" };
  return { body: isFile ? (body as Uint8Array<ArrayBuffer>) : JSON.stringify(body), headers };
}

function urlOf(base: URL, path: string, query: object = {}): URL {
  const url = new URL(path, base.href.endsWith("/") ? base : `${base.href}/`);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  return url;
}
