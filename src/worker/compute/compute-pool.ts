/**
 * The compute pool: runs work that is too large for the event loop, in threads of its own so that it never waits for training.
 * Small work runs on the event loop, where it costs less than a message to a thread and back. Owns how long each kind of task may
 * take.
 */
import { invalid, TrainyardError } from "../../domain/errors.ts";
import { type Background, type ChosenBackground, planExplanation, rowsOf } from "../../domain/explanations/explanation.ts";
import type { AdmittedInfluence } from "../../domain/explanations/influence.ts";
import type { AdmittedCurve } from "../../domain/explanations/learning-curve.ts";
import { dependenceWork } from "../../domain/explanations/partial-dependence.ts";
import type { AdmittedSeeds } from "../../domain/explanations/seeds.ts";
import type { ShownRows } from "../../domain/jobs/job-rows.ts";
import type { Replay } from "../../domain/jobs/replay.ts";
import type { Limits } from "../../domain/limits.ts";
import type { Model } from "../../domain/models/model.ts";
import type { FreshComparisonResult, ScoreComparisonResult } from "../../domain/models/score-comparison.ts";
import type {
  ComputePool,
  DatasetEvaluation,
  Draft,
  EncodedAnswer,
  EncodedFile,
  MetricPoints,
  ModelReading,
  Prepared,
  TrainingRun,
} from "../../domain/ports.ts";
import type { RoutedRequest } from "../../domain/protocols/routed-request.ts";
import type { RequestBody } from "../../domain/request-bodies.ts";
import type { SweepImportance } from "../../domain/sweeps/sweep-importance.ts";
import type { PreparedSweep, SweepDraft } from "../../domain/sweeps/trial-run.ts";
import type { Request } from "../../domain/tracking/messages.ts";
import type { RequestName } from "../../domain/tracking/read-request.ts";
import { jsonHeapBytes } from "../../domain/untrusted-json.ts";
import { rowMultiplyAdds } from "../../training/predict/row-work.ts";
import type {
  AdmitCurveTask,
  AdmitInfluenceTask,
  AdmitSeedsTask,
  EvaluateTask,
  ExplainTask,
  PartialDependenceTask,
  PrepareSweepDraftTask,
  PrepareSweepTask,
  SizedReplay,
} from "../protocol.ts";
import { type Refusable, resultOf } from "../refusable.ts";
import { createSupervisedPool, TaskLimitError } from "../supervised-pool.ts";
import { endedByClosing } from "../threads.ts";
import { chunkBuffers, wholeBuffers } from "../transfer.ts";
import { encodeStoredChunk } from "./encode.ts";
import { createModelRunner } from "./model-runner.ts";
import { createInlinePredictors, createPredict } from "./predict.ts";
import { createPredictionCounting } from "./prediction-counts.ts";
import { predictorKey } from "./predictors.ts";

export interface ComputePoolOptions {
  readonly limits: Limits;
  /** Maximum threads. Default: 2, so that a large body does not block other requests; the second starts when the first is busy. */
  readonly threads?: number;
  /** Whether the first thread starts only with the first task. Default: no, so that nobody waits for it. */
  readonly startsLate?: boolean;
  /** Minimum time limit of a task; tasks with more to read or to compute may take longer. */
  readonly taskMs?: number;
  /** Whether predictions of models with a reference are counted. Default: yes. */
  readonly monitors?: boolean;
  /** Called when an idle thread crashes. */
  readonly onError: (error: unknown) => void;
  /** Called with whether there is any thread, when one starts and when one is missing. */
  readonly onThreads?: (hasThreads: boolean) => void;
  /** The module that exports the tasks; tests pass another one. */
  readonly entry?: URL;
}

/** Maximum bytes of a chunk that is encoded on the event loop: about 0.1 ms. */
const INLINE_BYTES = 256 * Float64Array.BYTES_PER_ELEMENT;

/**
 * Heap of a thread as a multiple of what the largest JSON may take when parsed (untrusted-json.ts): as much again for what is built from
 * it.
 */
const HEAPS_OF_JSON = 2;

const DEFAULT_TASK_MS = 30_000;
/** Minimum speed of reading and computing, on a machine that is busy with training. */
const MIN_BYTES_PER_MS = 4000;
const MIN_MULTIPLY_ADDS_PER_MS = 200_000;
/** The maximum time limit of any task, as a multiple of `taskMs`. */
const MAX_TIMES = 20;
/** Blocks with fewer bytes take only milliseconds. */
const LONG_BLOCK_BYTES = 256 * 1024;
/** So do those with fewer multiply-adds, even of small products: explained ones have more. */
const LONG_BLOCK_WORK = 1e9;

/** Kinds of tasks, and whether the longest of a kind keep a thread for more than a few milliseconds. */
const IS_LONG = {
  prepare: true,
  prepareDraft: true,
  prepareSweep: true,
  prepareSweepDraft: true,
  jobOfTrial: false,
  importance: true,
  predictRows: false,
  predictBlock: false,
  chooseBackground: true,
  encodeBackground: true,
  compareHeldOut: true,
  compareFresh: true,
  compareOnDataset: true,
  explain: true,
  partialDependence: true,
  evaluate: true,
  showRows: true,
  admitInfluence: true,
  admitLearningCurve: true,
  admitSeeds: true,
  replaySize: true,
  replay: true,
  encodeColumns: false,
  downsampleMetrics: false,
  encodeMetrics: false,
  encodeModelCard: false,
  readModelFile: true,
  encodeOnnx: true,
  readInferMessage: false,
  readBody: false,
  readTracking: false,
} as const;

type TaskName = keyof typeof IS_LONG;

/** The size of a task's work, on which its time limit depends. */
interface Work {
  readonly bytes?: number;
  readonly multiplyAdds?: number;
}

/** Number of models whose work is cached: their networks do not change. */
const MAX_KNOWN = 256;

/** The tenant of tasks that no project requested. */
const NOBODY = "";

/** Starts a thread. The buffers of a task are transferred to its thread, and are empty afterwards. */
export function createComputePool({
  limits,
  threads = 2,
  startsLate = false,
  taskMs = DEFAULT_TASK_MS,
  monitors = true,
  onError,
  onThreads,
  entry = new URL("./compute-thread.ts", import.meta.url),
}: ComputePoolOptions): ComputePool {
  const bounds = { minThreads: 1, maxThreads: threads, heapMb: heapMb(limits) };
  const closing = new AbortController();
  const onCrash = (error: unknown): void => {
    if (!closing.signal.aborted) onError(error);
  };
  const pool = createSupervisedPool({ entry, ...bounds, onError: onCrash, onThreads });
  if (!startsLate) pool.start();
  const limitMs = ({ bytes = 0, multiplyAdds = 0 }: Work): number =>
    Math.min(taskMs + bytes / MIN_BYTES_PER_MS + multiplyAdds / MIN_MULTIPLY_ADDS_PER_MS, MAX_TIMES * taskMs);
  const runFor =
    (tenant: string, signal?: AbortSignal) =>
    async (name: TaskName, task: object, transferList: ArrayBuffer[], work: Work = {}): Promise<unknown> => {
      const isLong = IS_LONG[name] || (work.bytes ?? 0) > LONG_BLOCK_BYTES || (work.multiplyAdds ?? 0) > LONG_BLOCK_WORK;
      try {
        // A client's signal aborts too when the server stops: its connection ends before the pool.
        const until = signal ?? closing.signal;
        return await pool.run({ tenant, isLong, signal: until, name, task, transferList, limitMs: limitMs(work) });
      } catch (error) {
        if (error instanceof TrainyardError) throw error;
        if (signal?.aborted && error === signal.reason) throw error;
        if (closing.signal.aborted) throw endedByClosing(error);
        throw error instanceof TaskLimitError
          ? refusal(error)
          : new Error(`the compute thread's ${name} failed`, { cause: error });
      }
    };
  const predictors = createInlinePredictors(monitors);
  const counting = createPredictionCounting(monitors);
  const known = new Map<string, number>();
  const multiplyAdds = (model: Model): number => {
    const total = known.get(model.id) ?? rowMultiplyAdds(model);
    if (known.size >= MAX_KNOWN) known.clear();
    known.set(model.id, total);
    return total;
  };

  const ofTenant = (tenant: string, signal?: AbortSignal): ComputePool => {
    const run = runFor(tenant, signal);
    /** For work that others may wait for too. */
    const runShared = runFor(tenant);
    const runModel = createModelRunner(run, { monitors, onCounted: counting.add });
    return {
      prepare: async (body) =>
        (await run("prepare", { body, limits }, wholeBuffers([body]), { bytes: body.byteLength })) as Prepared | Draft,
      async prepareDraft(draft, resolved) {
        const columns = [...(resolved.dataset?.values.values() ?? [])];
        const weights = resolved.model ? [resolved.model.weights.data] : [];
        const views = [draft.spec, ...columns, ...weights];
        const task = { draft, limits, resolved };
        return (await run("prepareDraft", task, wholeBuffers(views), { bytes: bytesOf(views) })) as Prepared;
      },
      async prepareSweep(body, keepsSource) {
        const task: PrepareSweepTask = { body, limits, keepsSource };
        const work = { bytes: body.byteLength };
        return (await run("prepareSweep", task, wholeBuffers([body]), work)) as PreparedSweep | SweepDraft;
      },
      async prepareSweepDraft(draft, resolved, keepsSource) {
        const views = [draft.spec, ...(resolved.dataset?.values.values() ?? [])];
        const task: PrepareSweepDraftTask = { draft, limits, resolved, keepsSource };
        return (await run("prepareSweepDraft", task, wholeBuffers(views), { bytes: bytesOf(views) })) as PreparedSweep;
      },
      async jobOfTrial(source, spec, parameters) {
        const work = { bytes: source.byteLength };
        const task = { source, spec, parameters };
        return (await run("jobOfTrial", task, wholeBuffers([source]), work)) as Uint8Array<ArrayBuffer>;
      },
      async importance(source, { method, objective }, results) {
        const views = [source, ...results];
        const task = { source, spec: { method, objective }, results };
        return (await run("importance", task, wholeBuffers(views), { bytes: bytesOf(views) })) as SweepImportance;
      },
      predict: createPredict({ maxRows: limits.predictRows, run: runModel, predictors, counting, multiplyAdds }),
      async chooseBackground(job, count, seed) {
        const views = viewsOf(job);
        const task = { run: job, count, seed };
        return (await runShared("chooseBackground", task, wholeBuffers(views), { bytes: bytesOf(views) })) as ChosenBackground;
      },
      async encodeBackground(columns, dataset, numbers) {
        const views = [...dataset.values.values()];
        const task = { columns, dataset, numbers };
        return (await runShared("encodeBackground", task, wholeBuffers(views), { bytes: bytesOf(views) })) as Background;
      },
      explain(model, rows, background, load) {
        const task: ExplainTask = { modelKey: predictorKey(model), rows, background };
        const { work } = planExplanation(
          { ...model, multiplyAdds: multiplyAdds(model) },
          rowsOf(rows.explain.background),
          rows.explain.samples,
        );
        return runModel<EncodedAnswer>("explain", task, model, load, rows.instances.length * work);
      },
      partialDependence(model, request, background, load) {
        const task: PartialDependenceTask = { modelKey: predictorKey(model), request, background };
        return runModel<EncodedAnswer>(
          "partialDependence",
          task,
          model,
          load,
          dependenceWork({ ...model, multiplyAdds: multiplyAdds(model) }, request),
        );
      },
      async evaluate(model, dataset, load) {
        const task: EvaluateTask = { source: { model, weights: await load() }, dataset };
        const views = [task.source.weights.data, ...dataset.values.values()];
        const work = { bytes: bytesOf(views), multiplyAdds: dataset.rows * multiplyAdds(model) };
        return (await run("evaluate", task, wholeBuffers(views), work)) as DatasetEvaluation;
      },
      async compareHeldOut(a, b) {
        const views = [a, b].flatMap(({ run: job, weights }) => [...viewsOf(job), weights.data]);
        const rows = [a, b].map(({ model, run: job }) => rowsOfRun(job) * multiplyAdds(model));
        const work = { bytes: bytesOf(views), multiplyAdds: rows.reduce((total, each) => total + each, 0) };
        return (await run("compareHeldOut", { a, b }, wholeBuffers(views), work)) as ScoreComparisonResult;
      },
      async compareFresh(old, fresh) {
        const runs = [old.run, fresh.run].flatMap((job) => job ?? []);
        const views = [...runs.flatMap(viewsOf), old.weights.data, fresh.weights.data];
        const rows = rowsOfRun(fresh.run) * (multiplyAdds(old.model) + multiplyAdds(fresh.model));
        const work = { bytes: bytesOf(views), multiplyAdds: rows };
        return (await run("compareFresh", { old, fresh }, wholeBuffers(views), work)) as FreshComparisonResult;
      },
      async compareOnDataset(a, b, dataset) {
        const views = [a.weights.data, b.weights.data, ...dataset.values.values()];
        const rows = dataset.rows * (multiplyAdds(a.model) + multiplyAdds(b.model));
        const work = { bytes: bytesOf(views), multiplyAdds: rows };
        return (await run("compareOnDataset", { a, b, dataset }, wholeBuffers(views), work)) as ScoreComparisonResult;
      },
      async showRows(job, choice) {
        const views = viewsOf(job);
        return (await run("showRows", { run: job, choice }, wholeBuffers(views), { bytes: bytesOf(views) })) as ShownRows;
      },
      async admitInfluence(job, model, request) {
        const views = viewsOf(job);
        const task: AdmitInfluenceTask = { run: job, model, request };
        return (await run("admitInfluence", task, wholeBuffers(views), { bytes: bytesOf(views) })) as AdmittedInfluence;
      },
      async admitLearningCurve(job, model, request) {
        const views = viewsOf(job);
        const task: AdmitCurveTask = { run: job, model, request };
        return (await run("admitLearningCurve", task, wholeBuffers(views), { bytes: bytesOf(views) })) as AdmittedCurve;
      },
      async admitSeeds(job, model, request) {
        const views = viewsOf(job);
        const task: AdmitSeedsTask = { run: job, model, request };
        return (await run("admitSeeds", task, wholeBuffers(views), { bytes: bytesOf(views) })) as AdmittedSeeds;
      },
      async replaySize(job) {
        const views = viewsOf(job);
        const sized = await run("replaySize", { run: job }, wholeBuffers(views), { bytes: bytesOf(views) });
        const { size, payload, dataset } = sized as SizedReplay;
        return { ...size, run: { ...job, payload, dataset } };
      },
      async replay(job, request, multiplyAdds) {
        const views = [...viewsOf(job), ...(job.checkpoint ? [job.checkpoint.tensors.data] : [])];
        const work = { bytes: bytesOf(views), multiplyAdds };
        return resultOf((await run("replay", { run: job, request }, wholeBuffers(views), work)) as Refusable<Replay>);
      },
      multiplyAdds,
      forget: (modelId) => predictors.forget(modelId),
      async encodeColumns(head, from, to, columns) {
        if (columns.byteLength <= INLINE_BYTES) return encodeStoredChunk(head, from, to, columns);
        return (await run("encodeColumns", { head, from, to, columns }, wholeBuffers([columns]))) as Uint8Array;
      },
      downsampleMetrics: async (chunks, from, to, points, earlier = null) =>
        (await run("downsampleMetrics", { chunks, from, to, points, earlier }, chunkBuffers(chunks))) as MetricPoints,
      encodeMetrics: async (chunks, encoding) =>
        (await run("encodeMetrics", { chunks, encoding }, chunkBuffers(chunks))) as Uint8Array,
      encodeModelCard: async (facts) => (await run("encodeModelCard", facts, [])) as Uint8Array,
      async readModelFile(file, architecture) {
        const task = { file, architecture, limits };
        return (await run("readModelFile", task, wholeBuffers([file]), { bytes: file.byteLength })) as ModelReading;
      },
      async encodeOnnx(model, weights) {
        const work = { bytes: weights.data.byteLength };
        return resultOf(
          (await run("encodeOnnx", { model, weights }, wholeBuffers([weights.data]), work)) as Refusable<EncodedFile>,
        );
      },
      async readInferMessage(message) {
        const work = { bytes: message.byteLength };
        return resultOf(
          (await run("readInferMessage", { message }, wholeBuffers([message]), work)) as Refusable<RoutedRequest>,
        );
      },
      async readBody(name, body) {
        const work = { bytes: body.byteLength };
        const read = await run("readBody", { name, body }, wholeBuffers([body]), work);
        return resultOf(read as Refusable<RequestBody<typeof name>>);
      },
      async readTracking(name, body, beside) {
        const work = { bytes: body.byteLength };
        const read = await run("readTracking", { name, body, beside }, wholeBuffers([body]), work);
        return resultOf(read as Refusable<Request<RequestName>>);
      },
      counted: counting,
      ofProject: (project) => ofTenant(project),
      until: (left) => ofTenant(tenant, left),
      close() {
        closing.abort(endedByClosing());
        return pool.close();
      },
    };
  };
  return ofTenant(NOBODY);
}

function heapMb({ bodyBytes }: Limits): number {
  return Math.ceil((HEAPS_OF_JSON * jsonHeapBytes(bodyBytes)) / 1024 ** 2);
}

/** Rows of a job's data, some of which are predicted. */
function rowsOfRun({ job, dataset }: TrainingRun): number {
  const { data } = job.spec;
  if (dataset) return dataset.rows;
  return "generator" in data ? data.generator.samples : "inline" in data ? data.inline.rows : 0;
}

/** The transferred parts of a run. */
function viewsOf({ dataset, payload }: TrainingRun): ArrayBufferView[] {
  return [...(dataset?.values.values() ?? []), ...(payload ? [payload.data] : [])];
}

function bytesOf(views: readonly ArrayBufferView[]): number {
  return views.reduce((total, { byteLength }) => total + byteLength, 0);
}

/** Returns the error for the sender of a task that was ended. */
function refusal({ bound, message }: TaskLimitError): TrainyardError {
  if (bound === "memory")
    return new TrainyardError("too_large", `the request ${message} to read, the most that a request may take`);
  return invalid([{ pointer: "", detail: `${message}, the limit for the work on one request (TRAINYARD_TASK_SECONDS)` }]);
}
