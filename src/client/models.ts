/** The client's part for models: the registry, files, predictions. `ref` is an id, a name, `name@version` or `name@alias`. */
import type { PartEvaluation } from "../domain/models/evaluation.ts";
import type { Comparison, Job, Model, Page, PageQuery, PredictionAnswer } from "./answers.ts";
import { readBatchAnswer } from "./batch-answer.ts";
import { segment, type Transport } from "./transport.ts";

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

export interface ModelsClient {
  /** A model with all that is known of it. */
  model(ref: string): Promise<Model>;
  /** Models, newest first: all of them, or those with a name. */
  models(query?: PageQuery & { readonly name?: string }): Promise<Page<Model>>;
  /** The versions of a name, newest first. */
  versions(name: string, query?: PageQuery): Promise<Page<Model>>;
  /** Points an alias of a name at one of its versions. */
  setAlias(name: string, alias: string, version: number): Promise<Model>;
  /** Removes an alias of a name; the version that it points at stays. */
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
  /** The same of a checkpoint of a job. */
  predictCheckpoint(id: string, instances: readonly Row[], options?: { readonly topK?: number }): Promise<PredictionAnswer[]>;
  /**
   * Predictions of a stream of rows, in its format, as they come. The stream fails with a BatchError when the server broke
   * off, at a row that is wrong. Read it while the rows are sent: a sender that does not read is made to wait.
   */
  predictBatch(ref: string, rows: BodyInit, options: BatchQuery): Promise<ReadableStream<Uint8Array<ArrayBuffer>>>;
  /** Scores of a model over every row of a data set. */
  evaluate(ref: string, datasetId: string): Promise<PartEvaluation>;
}

/** The methods of models over a transport. */
export function createModelsClient({ send, get, post, drop, bytes }: Transport): ModelsClient {
  const pathOf = (ref: string) => `v1/models/${segment(ref)}`;
  const aliasPath = (name: string, alias: string) => `${pathOf(name)}/aliases/${segment(alias)}`;
  const change = async <T>(method: "PUT" | "PATCH", path: string, body: unknown) =>
    (await send(method, path, { body })).json() as Promise<T>;
  const ask = async (path: string, instances: readonly Row[], { topK }: { readonly topK?: number } = {}) =>
    (await post<{ predictions: PredictionAnswer[] }>(`${path}/predict`, { instances, top_k: topK })).predictions;
  return {
    model: (ref) => get(pathOf(ref)),
    models: (query) => get("v1/models", query),
    versions: (name, query) => get(`${pathOf(name)}/versions`, query),
    setAlias: (name, alias, version) => change("PUT", aliasPath(name, alias), { version }),
    removeAlias: (name, alias) => drop(aliasPath(name, alias)),
    tag: (ref, tags) => change("PATCH", pathOf(ref), { tags }),
    compare: (a, b) => get(`${pathOf(a)}/compare`, { with: b }),
    removeModel: (ref) => drop(pathOf(ref)),
    weights: (ref) => bytes(`${pathOf(ref)}/weights`),
    onnx: (ref) => bytes(`${pathOf(ref)}/onnx`),
    importModel: (file, query) => post("v1/models", file, query),
    reproduce: (ref) => post(`${pathOf(ref)}/reproduce`),
    predict: (ref, instances, options) => ask(pathOf(ref), instances, options),
    predictCheckpoint: (id, instances, options) => ask(`v1/checkpoints/${segment(id)}`, instances, options),
    predictBatch: async (ref, rows, { type, topK, header }) => {
      const query = { top_k: topK, header, trailer: true };
      const { body } = await send("POST", `${pathOf(ref)}/predict`, { query, file: rows, type });
      return readBatchAnswer(body ?? new Blob().stream(), type === "text/csv" ? "csv" : "ndjson");
    },
    evaluate: async (ref, id) =>
      (await post<{ evaluation: PartEvaluation }>(`${pathOf(ref)}/evaluate`, { dataset: { id } })).evaluation,
  };
}
