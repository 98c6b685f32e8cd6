/**
 * The compute pool: work too big for the event loop, in threads of its own so that it never waits for training. What is small
 * enough is done here, where it costs less than the way to a thread and back.
 */
import { Piscina } from "piscina";
import { TrainyardError } from "../../domain/errors.ts";
import type { ShownRows } from "../../domain/jobs/job-rows.ts";
import type { Limits } from "../../domain/limits.ts";
import type { Model } from "../../domain/models/model.ts";
import type { BatchReply } from "../../domain/models/prediction.ts";
import type {
  ComputePool,
  DatasetEvaluation,
  MetricPoints,
  ModelReading,
  PredictionResult,
  Prepared,
} from "../../domain/ports.ts";
import type { TensorSet } from "../../domain/tensor.ts";
import type { Predictor } from "../../training/predict/predict.ts";
import type { EvaluateTask, ModelSource, PredictBatchTask, PredictDocumentReply, PredictTask, WithModel } from "../protocol.ts";
import { isOutOfMemory } from "../threads.ts";
import { chunkBuffers, wholeBuffers } from "../transfer.ts";
import { batchesOf, joinResults } from "./batches.ts";
import { encodeStoredChunk } from "./encode.ts";
import { createPredictors } from "./predictors.ts";

export interface ComputePoolOptions {
  readonly limits: Limits;
  /** Threads. Two, so that a large body does not hold up the rest. */
  readonly threads?: number;
  /** Told of a thread that died while idle. */
  readonly onError: (error: unknown) => void;
}

/** Rows and multiply-adds that a prediction on the event loop may have: about a millisecond. */
const INLINE_ROWS = 256;
const INLINE_MULTIPLY_ADDS = 1_000_000;
/** Larger models are compiled in a thread. */
const INLINE_PARAMETERS = 200_000;
/** Values of a chunk that are encoded on the event loop: about 0.1 ms. */
const INLINE_BYTES = 256 * Float64Array.BYTES_PER_ELEMENT;

/**
 * A thread's heap, for each byte of the largest body. The worst JSON, "[0],[0],...", takes 16 bytes a byte when it is parsed,
 * and parsing must not reach the limit: V8 cannot stop in the middle of it and would end the process. What comes after
 * parsing may reach it, and costs the thread.
 */
const HEAP_BYTES_A_BODY_BYTE = 32;
const MIN_HEAP_MB = 1024;

type TaskName =
  | "prepare"
  | "predict"
  | "predictBatch"
  | "predictDocument"
  | "evaluate"
  | "showRows"
  | "encodeColumns"
  | "downsampleMetrics"
  | "encodeMetrics"
  | "readModelFile";

/** Starts the threads. What a task takes over moves to a thread: it is empty afterwards. */
export function createComputePool({ limits, threads = 2, onError }: ComputePoolOptions): ComputePool {
  const pool = new Piscina({
    filename: new URL("./compute-thread.ts", import.meta.url).href,
    minThreads: threads,
    maxThreads: threads,
    resourceLimits: { maxOldGenerationSizeMb: heapMb(limits) },
  });
  pool.on("error", onError);
  const run = async (name: TaskName, task: object, transferList: ArrayBuffer[]): Promise<unknown> => {
    try {
      return await pool.run(task, { name, transferList });
    } catch (error) {
      throw isOutOfMemory(error) ? tooLarge() : new Error(`the compute thread's ${name} failed`, { cause: error });
    }
  };
  /** A task of a model that the thread may have to be given. The task is copied: it may be needed again. */
  const runWithModel = async <Result>(name: TaskName, task: object, source: () => Promise<ModelSource>): Promise<Result> => {
    const reply = (await run(name, task, [])) as WithModel<Result>;
    if (!reply.missing) return reply.result;
    const given = await source();
    const second = (await run(name, { ...task, source: given }, wholeBuffers([given.weights.data]))) as WithModel<Result>;
    if (second.missing) throw new Error("a thread that was given a model does not have it");
    return second.result;
  };
  const inline = createInlinePredictors();
  return {
    async prepare(body, resolved) {
      const columns = [...(resolved?.dataset?.values.values() ?? [])];
      const weights = resolved?.model ? [resolved.model.weights.data] : [];
      return (await run("prepare", { body, limits, resolved }, wholeBuffers([body, ...columns, ...weights]))) as Prepared;
    },
    async predict(model, instances, load) {
      if (fitsInline(model, instances.length)) return (await inline.get(model, load)).predict(instances);
      const batches = batchesOf(instances);
      const results: PredictionResult[] = [];
      for (const batch of batches) {
        const task: PredictTask = { modelId: model.id, instances: batch.instances };
        results.push(await runWithModel<PredictionResult>("predict", task, async () => ({ model, weights: await load() })));
      }
      return joinResults(batches, results);
    },
    predictNow: (model, instances) =>
      fitsInline(model, instances.length) ? (inline.known(model)?.predict(instances) ?? null) : null,
    predictBatch: (model, block, options, load) => {
      const task: PredictBatchTask = { modelId: model.id, block, options };
      return runWithModel<BatchReply>("predictBatch", task, async () => ({ model, weights: await load() }));
    },
    async predictDocument(model, body, topK, load) {
      const task = { modelId: model.id, topK, maxRows: limits.predictRows };
      const first = (await run("predictDocument", { ...task, body }, wholeBuffers([body]))) as PredictDocumentReply;
      if (!first.missing) return first.result;
      const source: ModelSource = { model, weights: await load() };
      const buffers = wholeBuffers([first.body, source.weights.data]);
      const second = (await run("predictDocument", { ...task, body: first.body, source }, buffers)) as PredictDocumentReply;
      if (second.missing) throw new Error("a thread that was given a model does not have it");
      return second.result;
    },
    async evaluate(model, dataset, load) {
      const task: EvaluateTask = { source: { model, weights: await load() }, dataset };
      const buffers = wholeBuffers([task.source.weights.data, ...dataset.values.values()]);
      return (await run("evaluate", task, buffers)) as DatasetEvaluation;
    },
    async showRows(job, limit) {
      const columns = [...(job.dataset?.values.values() ?? []), ...(job.payload ? [job.payload.data] : [])];
      return (await run("showRows", { run: job, limit }, wholeBuffers(columns))) as ShownRows;
    },
    forget: (modelId) => inline.forget(modelId),
    async encodeColumns(head, from, to, columns) {
      if (columns.byteLength <= INLINE_BYTES) return encodeStoredChunk(head, from, to, columns);
      return (await run("encodeColumns", { head, from, to, columns }, wholeBuffers([columns]))) as Uint8Array;
    },
    downsampleMetrics: async (chunks, from, to, points, earlier = null) =>
      (await run("downsampleMetrics", { chunks, from, to, points, earlier }, chunkBuffers(chunks))) as MetricPoints,
    encodeMetrics: async (chunks, encoding) =>
      (await run("encodeMetrics", { chunks, encoding }, chunkBuffers(chunks))) as Uint8Array,
    readModelFile: async (file, architecture) =>
      (await run("readModelFile", { file, architecture, limits }, wholeBuffers([file]))) as ModelReading,
    close: () => pool.destroy(),
  };
}

function heapMb({ bodyBytes }: Limits): number {
  return Math.max(MIN_HEAP_MB, Math.ceil((bodyBytes * HEAP_BYTES_A_BODY_BYTE) / 1024 ** 2));
}

function tooLarge(): TrainyardError {
  return new TrainyardError("too_large", "the request takes more memory to read than the server has for one");
}

function fitsInline({ parameters }: Model, rows: number): boolean {
  return rows <= INLINE_ROWS && parameters <= INLINE_PARAMETERS && rows * parameters <= INLINE_MULTIPLY_ADDS;
}

/** Compiled models of this thread; requests that come while one is loaded share it. */
function createInlinePredictors() {
  const predictors = createPredictors();
  const loading = new Map<string, Promise<Predictor>>();
  const add = async (model: Model, load: () => Promise<TensorSet>): Promise<Predictor> => {
    try {
      return predictors.add(model, await load()).predictor;
    } finally {
      loading.delete(model.id);
    }
  };
  return {
    known: (model: Model): Predictor | undefined => predictors.get(model.id)?.predictor,
    async get(model: Model, load: () => Promise<TensorSet>): Promise<Predictor> {
      const known = predictors.get(model.id)?.predictor;
      if (known) return known;
      const loaded = loading.get(model.id) ?? add(model, load);
      loading.set(model.id, loaded);
      return loaded;
    },
    forget: (modelId: string): void => predictors.forget(modelId),
  };
}
