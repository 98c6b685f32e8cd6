/** The HTTP server on a real store and a real compute pool, with training that a test plays by hand: epochs come when it says so. */
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { startRunner } from "../../src/app/jobs/run.ts";
import { createServices, type Services } from "../../src/app/services.ts";
import { createLocalBus } from "../../src/bus/local.ts";
import type { MetricChunk } from "../../src/domain/metrics/metric.ts";
import { NO_RECEIPT } from "../../src/domain/models/receipt.ts";
import { createThreadHealth, type ThreadHealth } from "../../src/domain/operation/thread-health.ts";
import type { ComputePool, TrainingObserver, TrainingPool, TrainingResult, TrainingRun } from "../../src/domain/ports.ts";
import { buildApp } from "../../src/http/app.ts";
import type { AccessSettings } from "../../src/http/auth/guard.ts";
import { createLifecycle, type Lifecycle } from "../../src/http/connection/lifecycle.ts";
import type { SocketBounds } from "../../src/http/connection/sockets.ts";
import type { App } from "../../src/http/context.ts";
import type { StreamBounds } from "../../src/http/streaming/stream-connection.ts";
import { createSourceFetcher } from "../../src/outbound/sources/fetch-source.ts";
import { createEmbeddedQueue } from "../../src/queue/embedded.ts";
import { parseConfig } from "../../src/server/config.ts";
import { openStore, type StoreOptions } from "../../src/storage/open.ts";
import { DATABASE_FILE } from "../../src/storage/sqlite/sqlite-store.ts";
import { createComputePool } from "../../src/worker/compute/compute-pool.ts";
import { openUploadSpool } from "../../src/worker/ingest/upload-spool.ts";
import { migratedFile } from "../contract/databases/fresh-database.ts";

/** One training run on the stage. */
export interface StagedRun {
  readonly run: TrainingRun;
  /** Epochs `from`..`to`, with losses 1 / epoch unless they are given; resolves when they are stored. */
  post(from: number, to: number, losses?: readonly number[]): Promise<void>;
  /** Ends the run, by default with the model y = 2 x + 1. */
  finish(result?: TrainingResult): void;
}

export interface StagedApp {
  readonly app: App;
  readonly services: Services;
  readonly lifecycle: Lifecycle;
  readonly dataDir: string;
  /** What the server logged, parsed. */
  readonly logged: Record<string, unknown>[];
  /** The next run that the server starts. */
  nextRun(): Promise<StagedRun>;
  /** Starts listening and says where. */
  listen(): Promise<string>;
  close(): Promise<void>;
}

export interface StageOptions {
  /** Which pools have threads. */
  readonly threads?: ThreadHealth;
  readonly environment?: Record<string, string>;
  readonly streamBounds?: Partial<StreamBounds>;
  readonly access?: Partial<AccessSettings>;
  /** A page that was built; without it the server has none. */
  readonly dashboardDirectory?: string | null;
  readonly socketBounds?: Partial<SocketBounds>;
  readonly corsOrigins?: readonly string[];
  readonly storeOptions?: Partial<StoreOptions>;
}

const HEARTBEAT_MS = 30_000;

export async function openStagedApp({
  environment = {},
  streamBounds = {},
  access = {},
  dashboardDirectory = null,
  socketBounds = {},
  corsOrigins = [],
  storeOptions = {},
  threads = createThreadHealth(),
}: StageOptions = {}): Promise<StagedApp> {
  const dataDir = await mkdtemp(join(tmpdir(), "trainyard-http-"));
  const config = parseConfig(environment);
  const { limits, datasetLimits } = config;
  const logged: Record<string, unknown>[] = [];
  const log = pino({ level: "debug" }, { write: (line: string) => void logged.push(JSON.parse(line)) });
  // Migrations are most of what opening a new database takes.
  await copyFile(await migratedFile(), join(dataDir, DATABASE_FILE));
  const store = await openStore({ dataDir, ...storeOptions });
  const bus = createLocalBus((error) => log.error({ err: error }, "bus"));
  const onComputeError = (error: unknown) => log.error({ err: error }, "compute pool");
  const pool = createComputePool({ limits, threads: 1, startsLate: true, onError: onComputeError });
  // One object for the server and its projects: what a test replaces is replaced for requests.
  const computePool: ComputePool = { ...pool, ofProject: () => computePool, until: () => computePool };
  const uploadSpool = await openUploadSpool({
    dataDir,
    limits: datasetLimits,
    onError: (error) => log.error({ err: error }, "upload spool"),
  });
  const stage = createStage();
  const queue = createEmbeddedQueue(store, limits.project.runningJobs);
  const services = createServices({
    store,
    queue,
    bus,
    computePool,
    trainingPool: stage.trainingPool,
    uploadSpool,
    sources: createSourceFetcher({ ...config.sources, maxBytes: datasetLimits.bytes }),
    limits,
    log,
  });
  const lifecycle = createLifecycle();
  const { adminKey, sessionMs } = config.access;
  const app = await buildApp({
    services,
    lifecycle,
    log,
    threads,
    dashboardDirectory,
    corsOrigins,
    access: { adminKey, sessionMs, localOnly: true, rateLimiter: null, ...access },
    sockets: { ...config.sockets, ...socketBounds },
    streamBounds,
    heartbeatEveryMs: HEARTBEAT_MS,
  });
  // A run on the stage writes no checkpoint when the server stops: nothing is to be waited for.
  const runner = startRunner(services, { workers: 1, drainMs: 0, backoffMs: config.backoffMs });
  lifecycle.markReady();
  return {
    app,
    services,
    lifecycle,
    dataDir,
    logged,
    nextRun: stage.next,
    async listen() {
      await app.listen({ host: "127.0.0.1", port: 0 });
      return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
    },
    async close() {
      lifecycle.drain();
      await runner.stop();
      await app.close();
      await computePool.close();
      await uploadSpool.close();
      await store.close();
      await rm(dataDir, { recursive: true });
    },
  };
}

function createStage() {
  const waiting: StagedRun[] = [];
  const takers: ((run: StagedRun) => void)[] = [];
  const enter = (run: TrainingRun, observer: TrainingObserver, resolve: (result: TrainingResult) => void): void => {
    const cancel = () => resolve({ state: "cancelled", metrics: null });
    if (observer.signal.aborted) cancel();
    observer.signal.addEventListener("abort", cancel);
    const staged: StagedRun = {
      run,
      post: (from, to, losses) => observer.onEpochs(chunkOf(from, to, losses)),
      finish: (result = succeeded()) => resolve(result),
    };
    const taker = takers.shift();
    if (taker) taker(staged);
    else waiting.push(staged);
  };
  const trainingPool: TrainingPool = {
    size: 1,
    train: (run, observer) => new Promise((resolve) => enter(run, observer, resolve)),
    runTrials: () => Promise.reject(new Error("no sweeps here")),
    planGeneration: () => Promise.reject(new Error("no sweeps here")),
    close: async () => undefined,
  };
  const next = async (): Promise<StagedRun> =>
    waiting.shift() ?? new Promise<StagedRun>((resolve) => void takers.push(resolve));
  return { trainingPool, next };
}

/** Epochs with the losses given, or 1 / epoch. */
export function chunkOf(from: number, to: number, losses?: readonly number[]): MetricChunk {
  const loss = Float64Array.from({ length: to - from + 1 }, (_, index) => losses?.[index] ?? 1 / (from + index));
  return { from, to, series: { loss, epoch_ms: loss.map(() => 0.5) } };
}

function succeeded(): TrainingResult {
  const entries = [
    { name: "0.weight", shape: [1, 1] },
    { name: "0.bias", shape: [1] },
  ];
  return {
    state: "succeeded",
    reason: "all epochs are done",
    metrics: { final: { loss: 0.1 }, best: { loss: 0.1, epoch: 10 } },
    model: {
      task: "regression",
      preprocessing: null,
      inputWidth: 1,
      outputWidth: 1,
      classes: [],
      layers: [{ type: "linear", units: 1, bias: true }],
      activation: "none",
      parameters: 2,
      weights: entries,
      sha256: "a".repeat(64),
      receipt: NO_RECEIPT,
    },
    weights: { entries, data: Float32Array.of(2, 1) },
    evaluation: null,
  };
}

/** A job that any test may submit. */
export const SPEC = {
  name: "line",
  data: { generator: { type: "linear", samples: 20 } },
  model: { layers: [{ type: "linear" }] },
  optimizer: { type: "sgd", lr: 0.01 },
  epochs: 10,
} as const;

/** Submits a job and gives its id. */
export async function submitJob({ app }: StagedApp, spec: object = SPEC): Promise<string> {
  const response = await app.inject({ method: "POST", url: "/v1/jobs", payload: spec });
  if (response.statusCode !== 202) throw new Error(response.body);
  return response.json<{ id: string }>().id;
}

/** Submits a job and takes it to its end, in chunks of `chunkEpochs`. */
export async function finishJob(staged: StagedApp, epochs = 10, chunkEpochs = 5): Promise<string> {
  const id = await submitJob(staged, { ...SPEC, epochs });
  const run = await staged.nextRun();
  for (let from = 1; from <= epochs; from += chunkEpochs) await run.post(from, Math.min(from + chunkEpochs - 1, epochs));
  run.finish();
  await settled(staged, id);
  return id;
}

/** Waits until a job is in a terminal state. */
export async function settled({ app }: StagedApp, id: string): Promise<void> {
  for (;;) {
    const { state } = (await app.inject(`/v1/jobs/${id}`)).json<{ state: string }>();
    if (["succeeded", "failed", "cancelled"].includes(state)) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Posts a body, as JSON where it is no text, and returns the text of an answer that must be 200. */
export async function post({ app }: StagedApp, path: string, type: string, payload: string | object): Promise<string> {
  const body = typeof payload === "string" ? payload : JSON.stringify(payload);
  const response = await app.inject({ method: "POST", url: path, payload: body, headers: { "content-type": type } });
  if (response.statusCode !== 200) throw new Error(`${path} answered ${response.statusCode}: ${response.body}`);
  return response.body;
}
