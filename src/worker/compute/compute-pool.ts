/**
 * The compute pool: runs work that is too large for the event loop, in threads of its own so that it never waits for training.
 * Small work runs on the event loop, where it costs less than a message to a thread and back.
 */
import { Piscina } from "piscina";
import { TrainyardError } from "../../domain/errors.ts";
import type { ShownRows } from "../../domain/jobs/job-rows.ts";
import type { Limits } from "../../domain/limits.ts";
import type { ComputePool, DatasetEvaluation, Draft, MetricPoints, ModelReading, Prepared } from "../../domain/ports.ts";
import type { EvaluateTask } from "../protocol.ts";
import { isOutOfMemory } from "../threads.ts";
import { chunkBuffers, wholeBuffers } from "../transfer.ts";
import { encodeStoredChunk } from "./encode.ts";
import { createPredict } from "./predict.ts";

export interface ComputePoolOptions {
  readonly limits: Limits;
  /** Number of threads. Default: 2, so that a large body does not block other requests. */
  readonly threads?: number;
  /** Called when an idle thread crashes. */
  readonly onError: (error: unknown) => void;
}

/** Maximum bytes of a chunk that is encoded on the event loop: about 0.1 ms. */
const INLINE_BYTES = 256 * Float64Array.BYTES_PER_ELEMENT;

/**
 * Heap of a thread per byte of the largest body. Parsing the worst JSON, "[0],[0],...", needs 16 bytes per byte, and must not
 * reach the heap limit: V8 cannot abort parsing and would end the process. Work after parsing may reach the limit, which only
 * ends the thread.
 */
const HEAP_BYTES_PER_BODY_BYTE = 32;
const MIN_HEAP_MB = 1024;

type TaskName =
  | "prepare"
  | "prepareDraft"
  | "predictRows"
  | "predictBlock"
  | "evaluate"
  | "showRows"
  | "encodeColumns"
  | "downsampleMetrics"
  | "encodeMetrics"
  | "readModelFile";

/** Starts the threads. The buffers of a task are transferred to its thread, and are empty afterwards. */
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
  const { forget, ...predict } = createPredict({ maxRows: limits.predictRows, run });
  return {
    prepare: async (body) => (await run("prepare", { body, limits }, wholeBuffers([body]))) as Prepared | Draft,
    async prepareDraft(draft, resolved) {
      const columns = [...(resolved.dataset?.values.values() ?? [])];
      const weights = resolved.model ? [resolved.model.weights.data] : [];
      const buffers = wholeBuffers([draft.spec, ...columns, ...weights]);
      return (await run("prepareDraft", { draft, limits, resolved }, buffers)) as Prepared;
    },
    predict,
    async evaluate(model, dataset, load) {
      const task: EvaluateTask = { source: { model, weights: await load() }, dataset };
      const buffers = wholeBuffers([task.source.weights.data, ...dataset.values.values()]);
      return (await run("evaluate", task, buffers)) as DatasetEvaluation;
    },
    async showRows(job, limit) {
      const columns = [...(job.dataset?.values.values() ?? []), ...(job.payload ? [job.payload.data] : [])];
      return (await run("showRows", { run: job, limit }, wholeBuffers(columns))) as ShownRows;
    },
    forget,
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
  return Math.max(MIN_HEAP_MB, Math.ceil((bodyBytes * HEAP_BYTES_PER_BODY_BYTE) / 1024 ** 2));
}

function tooLarge(): TrainyardError {
  return new TrainyardError("too_large", "reading the request needs more memory than the server allows for one request");
}
