/** The typed client of the HTTP API. Needs fetch and WebSocket, which Node 22 and browsers have, and nothing else. */

import type { PartEvaluation } from "../domain/evaluation.ts";
import type { JobState } from "../domain/job.ts";
import type {
  Comparison,
  EventPage,
  Frame,
  Job,
  JobRows,
  JobSpec,
  Metrics,
  Model,
  Page,
  PredictionAnswer,
  Validation,
} from "./answers.ts";
import { createTransport, type TransportOptions } from "./transport.ts";
import { type WatchOptions, watchFrames } from "./watch.ts";

export interface PageQuery {
  /** The `next_after` of the page before. */
  readonly after?: string;
  readonly limit?: number;
}

/** A row as an array of values or as an object by column; null is a missing value. */
export type Row = readonly Cell[] | Readonly<Record<string, Cell>>;
type Cell = string | number | boolean | null;

export interface BatchQuery {
  readonly type: "text/csv" | "application/x-ndjson";
  /** Show so many classes. */
  readonly topK?: number;
  /** Of CSV: whether the first row has names; found out when left out. */
  readonly header?: boolean;
}

export interface Client {
  /** Stores and queues a job. */
  submit(spec: JobSpec): Promise<Job>;
  /** What a spec comes to; stores nothing. */
  validate(spec: JobSpec): Promise<Validation>;
  job(id: string): Promise<Job>;
  jobs(query?: PageQuery & { readonly state?: JobState; readonly name?: string }): Promise<Page<Job>>;
  /** Some rows of its data, spread evenly, with the part that each belongs to. */
  rows(id: string, query?: { readonly limit?: number }): Promise<JobRows>;
  cancel(id: string): Promise<Job>;
  /** Has a job stop after a checkpoint, to go on with `resume`. */
  pause(id: string): Promise<Job>;
  resume(id: string): Promise<Job>;
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
  /** `ref`, here and below: an id, a name (its newest version), `name@version` or `name@alias`. */
  model(ref: string): Promise<Model>;
  models(query?: PageQuery & { readonly name?: string }): Promise<Page<Model>>;
  /** The versions of a name, newest first. */
  versions(name: string, query?: PageQuery): Promise<Page<Model>>;
  /** Points an alias of a name at one of its versions. */
  setAlias(name: string, alias: string, version: number): Promise<Model>;
  removeAlias(name: string, alias: string): Promise<void>;
  /** Sets tags, and removes those that are null. */
  tag(ref: string, tags: Readonly<Record<string, string | null>>): Promise<Model>;
  /** What differs between two models, and the numbers of both. */
  compare(a: string, b: string): Promise<Comparison>;
  /** Deletes a model. */
  removeModel(ref: string): Promise<void>;
  /** A safetensors file. */
  weights(ref: string): Promise<Uint8Array<ArrayBuffer>>;
  /** An ONNX file. */
  onnx(ref: string): Promise<Uint8Array<ArrayBuffer>>;
  /** A model from a safetensors file, with an architecture as JSON where the file states none. */
  importModel(
    file: Uint8Array<ArrayBuffer>,
    query?: { readonly name?: string; readonly architecture?: string },
  ): Promise<Model>;
  /** Queues the job that trained a model again; the new job's `agrees` says at the end whether the bits are the same. */
  reproduce(ref: string): Promise<Job>;
  /** One prediction a row: arrays in the order of the model's columns, or objects by column. */
  predict(ref: string, instances: readonly Row[], options?: { readonly topK?: number }): Promise<PredictionAnswer[]>;
  /**
   * Predictions of a stream of rows, in its format, as they come. The stream fails when the server broke off; its last line
   * then says why. Read it while the rows are sent: a sender that does not read is made to wait.
   */
  predictBatch(ref: string, rows: BodyInit, options: BatchQuery): Promise<ReadableStream<Uint8Array<ArrayBuffer>>>;
  /** Scores of a model over every row of a data set. */
  evaluate(ref: string, datasetId: string): Promise<PartEvaluation>;
}

/**
 * A client of the server at `baseUrl`. Every method throws an ApiError when the answer is not a success, and an
 * UnreachableError when there is none.
 */
export function createClient(baseUrl: string | URL, options: TransportOptions = {}): Client {
  const transport = createTransport(baseUrl, options);
  const { send } = transport;
  const json = async <T>(response: Promise<Response>) => (await response).json() as Promise<T>;
  const get = <T>(path: string, query: object = {}) => json<T>(send("GET", path, { query }));
  const post = <T>(path: string, body?: unknown, query: object = {}) => json<T>(send("POST", path, { query, body }));
  const change = <T>(method: "PUT" | "PATCH", path: string, body: unknown) => json<T>(send(method, path, { body }));
  const drop = async (path: string) => void (await send("DELETE", path));
  const file = async (path: string) => new Uint8Array(await (await send("GET", path)).arrayBuffer());
  const job = (id: string) => get<Job>(`v1/jobs/${id}`);
  const watch = (id: string, options: WatchOptions = {}) =>
    watchFrames(
      (after) => transport.connect(`v1/jobs/${id}/stream`, { after }),
      () => job(id),
      options,
    );
  return {
    submit: (spec) => post("v1/jobs", spec),
    validate: (spec) => post("v1/jobs", spec, { validate_only: true }),
    job,
    jobs: (query) => get("v1/jobs", query),
    rows: (id, query) => get(`v1/jobs/${id}/data`, query),
    cancel: (id) => post(`v1/jobs/${id}/cancel`),
    pause: (id) => post(`v1/jobs/${id}/pause`),
    resume: (id) => post(`v1/jobs/${id}/resume`),
    remove: (id) => drop(`v1/jobs/${id}`),
    metrics: (id, query) => get(`v1/jobs/${id}/metrics`, query),
    metricsCsv: async (id) => (await send("GET", `v1/jobs/${id}/metrics`, { accept: "text/csv" })).text(),
    tensorboard: (id) => file(`v1/jobs/${id}/tensorboard`),
    events: (id, query) => get(`v1/jobs/${id}/events`, query),
    watch,
    async wait(id, options) {
      for await (const _ of watch(id, options));
      return job(id);
    },
    model: (ref) => get(`v1/models/${ref}`),
    models: (query) => get("v1/models", query),
    versions: (name, query) => get(`v1/models/${name}/versions`, query),
    setAlias: (name, alias, version) => change("PUT", `v1/models/${name}/aliases/${alias}`, { version }),
    removeAlias: (name, alias) => drop(`v1/models/${name}/aliases/${alias}`),
    tag: (ref, tags) => change("PATCH", `v1/models/${ref}`, { tags }),
    compare: (a, b) => get(`v1/models/${a}/compare`, { with: b }),
    removeModel: (ref) => drop(`v1/models/${ref}`),
    weights: (ref) => file(`v1/models/${ref}/weights`),
    onnx: (ref) => file(`v1/models/${ref}/onnx`),
    importModel: (bytes, query) => post("v1/models", bytes, query),
    reproduce: (ref) => post(`v1/models/${ref}/reproduce`),
    predict: async (ref, instances, { topK } = {}) =>
      (await post<{ predictions: PredictionAnswer[] }>(`v1/models/${ref}/predict`, { instances, top_k: topK })).predictions,
    predictBatch: async (ref, rows, { type, topK, header }) => {
      const query = { top_k: topK, header };
      return (await send("POST", `v1/models/${ref}/predict`, { query, file: rows, type })).body ?? new ReadableStream();
    },
    evaluate: async (ref, id) =>
      (await post<{ evaluation: PartEvaluation }>(`v1/models/${ref}/evaluate`, { dataset: { id } })).evaluation,
  };
}
