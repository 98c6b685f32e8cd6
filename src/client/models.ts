/**
 * The client's methods for models: the registry, files, predictions. `ref` is an id, a name (its newest version),
 * `name@version` or `name@alias`.
 */
import type { Encoding } from "../domain/datasets/encodings.ts";
import type { PartEvaluation } from "../domain/models/evaluation.ts";
import type { Note } from "../domain/notes.ts";
import type {
  ComparedScores,
  Comparison,
  Job,
  Model,
  Page,
  PageQuery,
  PartialDependence,
  PredictionAnswer,
} from "./answers.ts";
import { readBatchAnswer } from "./batch-answer.ts";
import { type CallOptions, segment, type Transport } from "./transport/transport.ts";

/** A row as an array of values or as an object by column; null is a missing value. */
export type Row = readonly Cell[] | Readonly<Record<string, Cell>>;
type Cell = string | number | boolean | null;

/** How rows are predicted. */
export interface PredictOptions extends CallOptions {
  /** With 1 or more, answers of a classifier also list the `topK` most probable classes. */
  readonly topK?: number;
  /** With two classes: the threshold of the second one's probability, instead of the model's. */
  readonly threshold?: number;
  /** The probability, between 0 and 1, with which the interval of a value, or the set of classes, should hold the truth. */
  readonly interval?: number;
}

/** The rows with which an answer is compared: a number of training rows, 100 when left out, or given rows. */
export interface BackgroundQuery {
  readonly background?: number | readonly Row[];
  /** Chooses among the training rows; 0 when left out. */
  readonly seed?: number;
}

/** How rows are predicted that are not a stream. */
export interface RowsOptions extends PredictOptions {
  /** `false`: monitoring does not count the rows, for example for a picture or a test. */
  readonly counted?: boolean;
  /** Explains each prediction by the contributions of its columns. */
  readonly explain?: BackgroundQuery & { readonly method?: "shapley"; readonly samples?: number };
}

/** Which of a model's columns to vary. */
export interface DependenceQuery extends BackgroundQuery {
  /** All that are not text when left out. */
  readonly columns?: readonly string[];
  /** Values of a number or datetime; 20 when left out. */
  readonly points?: number;
  /** Rows that are also varied individually. */
  readonly instances?: readonly Row[];
}

/** How a stream of rows is predicted. */
export interface BatchQuery extends PredictOptions {
  readonly type: "text/csv" | "application/x-ndjson";
  /** For CSV: whether the first row has names; inferred when left out. */
  readonly header?: boolean | undefined;
  /** How the text is encoded; UTF-8 when left out. The answer is UTF-8. */
  readonly encoding?: Encoding | undefined;
  /** For CSV: texts that a spreadsheet would run as formulas get a `'` before them. */
  readonly spreadsheet?: boolean | undefined;
  /** Explains each row: NDJSON has an `explanation`, CSV a cell for the base and the contribution of each column. */
  readonly explain?: boolean | undefined;
  /** With `explain`: the number of training rows with which each row is compared; 100 when left out. */
  readonly background?: number | undefined;
  /** Called with the notes on odd rows, once all of them were answered: values far outside training, labels that it never saw. */
  readonly onNotes?: ((notes: readonly Note[]) => void) | undefined;
}

/** Methods about models. All of them reject as the transport does. */
export interface ModelsClient {
  /** Returns a model with its inputs and its evaluation. */
  model(ref: string, options?: CallOptions): Promise<Model>;
  /** Returns a page of models, newest first. */
  models(query?: PageQuery & { readonly name?: string }, options?: CallOptions): Promise<Page<Model>>;
  /** Returns a page of the versions of a name, newest first. */
  versions(name: string, query?: PageQuery, options?: CallOptions): Promise<Page<Model>>;
  /** Points an alias of a name at one of its versions. */
  setAlias(name: string, alias: string, version: number): Promise<Model>;
  /** Deletes an alias. The version that it pointed at stays. */
  removeAlias(name: string, alias: string): Promise<void>;
  /** Sets tags, and removes those that are null. */
  tag(ref: string, tags: Readonly<Record<string, string | null>>): Promise<Model>;
  /** Returns the numbers of two models and the differences of their specs and architectures. */
  compare(a: string, b: string): Promise<Comparison>;
  /** Returns which of two models is better, and how certain that is, on a data set or on the rows that both of their jobs held out. */
  compareScores(a: string, b: string, query?: { readonly dataset?: string }, options?: CallOptions): Promise<ComparedScores>;
  /** Deletes a model. The job that trained it stays. */
  removeModel(ref: string): Promise<void>;
  /** Returns the weights as a safetensors file. */
  weights(ref: string, options?: CallOptions): Promise<Uint8Array<ArrayBuffer>>;
  /** Returns the model as an ONNX file. */
  onnx(ref: string): Promise<Uint8Array<ArrayBuffer>>;
  /** Returns the card of the model: one HTML file, in UTF-8. */
  card(ref: string): Promise<Uint8Array<ArrayBuffer>>;
  /** Makes a model of a safetensors file, with an architecture as JSON if the file has none. */
  importModel(
    file: Uint8Array<ArrayBuffer>,
    query?: { readonly name?: string; readonly architecture?: string },
  ): Promise<Model>;
  /** Queues the job that trained a model again; the new job's `agrees` says at the end whether the bits are the same. */
  reproduce(ref: string): Promise<Job>;
  /** Returns one prediction a row. Rows are arrays in the order of the model's columns, or objects by column. */
  predict(ref: string, instances: readonly Row[], options?: RowsOptions): Promise<PredictionAnswer[]>;
  /** Returns one prediction a row, by a job's checkpoint. */
  predictCheckpoint(id: string, instances: readonly Row[], options?: RowsOptions): Promise<PredictionAnswer[]>;
  /** Returns how the answers of a model depend on each of its columns, over background rows. */
  partialDependence(ref: string, query?: DependenceQuery, options?: CallOptions): Promise<PartialDependence>;
  /**
   * Returns the predictions of a stream of rows, in the format of the rows, as they come. The stream fails with a BatchError at
   * a row that is wrong. Read it while the rows are sent: the server stops reading rows whose answers are not read.
   */
  predictBatch(ref: string, rows: BodyInit, options: BatchQuery): Promise<ReadableStream<Uint8Array<ArrayBuffer>>>;
  /** Returns the scores of a model over every row of a data set. */
  evaluate(ref: string, datasetId: string): Promise<PartEvaluation>;
}

const pathOf = (ref: string) => `v1/models/${segment(ref)}`;

/** Returns the path of a model's safetensors file, relative to the server's address. */
export const weightsPath = (ref: string): string => `${pathOf(ref)}/weights`;

/** Returns the path of a model's ONNX file, relative to the server's address. */
export const onnxPath = (ref: string): string => `${pathOf(ref)}/onnx`;

/** Returns the path of a model's card, relative to the server's address. */
export const cardPath = (ref: string): string => `${pathOf(ref)}/card`;

/** Creates the methods about models over a transport. */
export function createModelsClient({ send, get, post, drop, bytes }: Transport): ModelsClient {
  const aliasPath = (name: string, alias: string) => `${pathOf(name)}/aliases/${segment(alias)}`;
  const change = async <T>(method: "PUT" | "PATCH", path: string, body: unknown) =>
    (await send(method, path, { body })).json() as Promise<T>;
  const ask = async (
    path: string,
    instances: readonly Row[],
    { topK, threshold, interval, explain, counted, signal }: RowsOptions = {},
  ) => {
    const body = { instances, top_k: topK, threshold, interval, explain };
    return (await post<{ predictions: PredictionAnswer[] }>(`${path}/predict`, body, { counted }, { signal })).predictions;
  };
  return {
    model: (ref, options) => get(pathOf(ref), {}, options),
    models: (query, options) => get("v1/models", query, options),
    versions: (name, query, options) => get(`${pathOf(name)}/versions`, query, options),
    setAlias: (name, alias, version) => change("PUT", aliasPath(name, alias), { version }),
    removeAlias: (name, alias) => drop(aliasPath(name, alias)),
    tag: (ref, tags) => change("PATCH", pathOf(ref), { tags }),
    compare: (a, b) => get(`${pathOf(a)}/compare`, { with: b }),
    compareScores: (a, b, query, options) => get(`${pathOf(a)}/compare/scores`, { with: b, ...query }, options),
    removeModel: (ref) => drop(pathOf(ref)),
    weights: (ref, options) => bytes(weightsPath(ref), options),
    onnx: (ref) => bytes(onnxPath(ref)),
    card: (ref) => bytes(cardPath(ref)),
    importModel: (file, query) => post("v1/models", file, query),
    reproduce: (ref) => post(`${pathOf(ref)}/reproduce`),
    predict: (ref, instances, options) => ask(pathOf(ref), instances, options),
    predictCheckpoint: (id, instances, options) => ask(`v1/checkpoints/${segment(id)}`, instances, options),
    partialDependence: (ref, query = {}, options) => post(`${pathOf(ref)}/partial-dependence`, query, {}, options),
    predictBatch: async (ref, rows, { type, explain, background, onNotes, signal, ...asked }) => {
      const { topK, threshold, interval, header, encoding, spreadsheet } = asked;
      const method = explain ? "shapley" : undefined;
      const own = { top_k: topK, threshold, interval, header, encoding, spreadsheet };
      const query = { ...own, explain: method, background, trailer: true };
      const { body } = await send("POST", `${pathOf(ref)}/predict`, { query, file: rows, type, signal });
      return readBatchAnswer(body ?? new Blob().stream(), type === "text/csv" ? "csv" : "ndjson", onNotes);
    },
    evaluate: async (ref, id) =>
      (await post<{ evaluation: PartEvaluation }>(`${pathOf(ref)}/evaluate`, { dataset: { id } })).evaluation,
  };
}
