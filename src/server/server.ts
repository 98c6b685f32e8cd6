/** A whole server in this process: opens all parts in the order of their dependencies, and closes them in reverse. */
import { randomBytes } from "node:crypto";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import type { Logger } from "pino";
import { createSharedRateLimiter } from "../app/access/count-requests.ts";
import { createProcessRegistry } from "../app/cluster/list-workers.ts";
import { sendHeartbeats } from "../app/cluster/send-heartbeat.ts";
import { startForgetter } from "../app/forget/run-forgets.ts";
import { reclaimLost } from "../app/jobs/job-outcome.ts";
import { notifyChanged } from "../app/jobs/notify-changed.ts";
import { recover, removeUnfinished } from "../app/jobs/recover.ts";
import { type Runner, startRunner } from "../app/jobs/run.ts";
import { startCountKeeper } from "../app/monitoring/store-counts.ts";
import { startSweeper } from "../app/retention.ts";
import { startScheduler } from "../app/schedules/run-schedules.ts";
import { createServices, type Services } from "../app/services.ts";
import { projectSecret, startDeliverer } from "../app/webhooks/deliver-webhooks.ts";
import { TrainyardError } from "../domain/errors.ts";
import { createId } from "../domain/id.ts";
import type { Archive } from "../domain/operation/archive.ts";
import { createThreadHealth } from "../domain/operation/thread-health.ts";
import type { ComputePool, TrainingPool } from "../domain/ports.ts";
import type { Store } from "../domain/store/store.ts";
import { VERSION } from "../domain/version.ts";
import { buildApp } from "../http/app.ts";
import { isLoopback } from "../http/auth/origin.ts";
import { createLifecycle } from "../http/connection/lifecycle.ts";
import type { App } from "../http/context.ts";
import type { StreamBounds } from "../http/streaming/stream-connection.ts";
import { createSourceFetcher } from "../outbound/sources/fetch-source.ts";
import { createWebhookSender } from "../outbound/webhook-sender.ts";
import { createInstruments } from "../telemetry/instruments.ts";
import { measureComputePool, measureStore, measureTrainingPool } from "../telemetry/measured.ts";
import { createTelemetry } from "../telemetry/telemetry.ts";
import { traceComputePool, traceLog, traceStore } from "../telemetry/traced.ts";
import { createComputePool } from "../worker/compute/compute-pool.ts";
import { openUploadSpool } from "../worker/ingest/upload-spool.ts";
import { createTrainingPool } from "../worker/training/training-pool.ts";
import { type Backend, openAlone } from "./backend.ts";
import type { Config } from "./config.ts";
import { readGrpcTls } from "./grpc-tls.ts";
import { openTracing } from "./open-tracing.ts";
import { createWaitingRoom } from "./waiting-room.ts";

/** Where `npm run build` puts the page. */
const DASHBOARD = fileURLToPath(new URL("../../build/dashboard", import.meta.url));

/** The share of the drain time that running jobs have for their last checkpoint. */
const CHECKPOINT_SHARE = 0.6;

/** No upload takes longer than this. */
const UNFINISHED_MS = 24 * 3600 * 1000;

/** Stand-ins for a process that only serves. */
const NO_RUNNER: Runner = { stop: () => Promise.resolve() };
const doesNotTrain = () => Promise.reject(new Error("this process does not train"));
const NO_TRAINING_POOL: TrainingPool = {
  size: 0,
  train: doesNotTrain,
  runTrials: doesNotTrain,
  planGeneration: doesNotTrain,
  close: () => Promise.resolve(),
};

/** How much longer a claim on a webhook lasts than a try. */
const WEBHOOK_LEASE_MS = 30_000;
/** How long a run that forgets rows is leased to the only process: a restart releases all. */
const FORGET_LEASE_S = 10;

export interface Server {
  /** Where it listens; with port 0, the port that was given. */
  readonly url: string;
  /** Where it listens for gRPC, as host:port; null if that is off. */
  readonly grpcAddress: string | null;
  /** Refuses new jobs, ends streams with their end frame, requeues running jobs, and closes everything. */
  stop(): Promise<void>;
}

export interface ServerOptions {
  /** Limits for a stream's reader, if they are not the default. */
  readonly streamBounds?: Partial<StreamBounds>;
  /** Called when the server should restart: a staged backup waits. */
  readonly onRestart?: () => void;
}

/** Starts a server that accepts jobs. Throws, with everything closed again, if it cannot have its port or its database. */
export async function startServer(config: Config, log: Logger, options: ServerOptions = {}): Promise<Server> {
  const { onRestart = () => undefined, ...streaming } = options;
  const { limits, workers } = config;
  const trains = config.role !== "serve";
  const closers: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const closeOne of closers.splice(0).reverse()) await closeOne();
  };
  try {
    const instruments = createInstruments();
    const workerId = createId("worker");
    const tracing = openTracing(config.tracing, workerId, instruments.traceCounts, log);
    closers.push(() => tracing.close());
    const waitingRoom = createWaitingRoom(config, log);
    const backend = await openBackend(config, log, workerId, waitingRoom.say).finally(waitingRoom.close);
    closers.push(() => backend.close());
    const store = traceStore(measureStore(backend.store, instruments), tracing);
    const health = createThreadHealth();
    const onComputeError = (err: unknown) => log.error({ err }, "a compute thread crashed");
    const compute = createComputePool({
      limits,
      taskMs: config.taskMs,
      monitors: config.monitoring,
      onError: onComputeError,
      onThreads: health.of("compute"),
    });
    const computePool = traceComputePool(measureComputePool(compute, instruments), tracing);
    closers.push(() => computePool.close());
    const onBug = (err: unknown, jobId: string) => log.error({ err, job_id: jobId }, "a training thread failed");
    const training = { size: workers, onBug, onThreads: health.of("training"), heartbeatMs: config.heartbeatMs };
    const threads = trains ? createTrainingPool(training) : NO_TRAINING_POOL;
    const trainingPool = measureTrainingPool(threads, instruments);
    closers.push(() => trainingPool.close());
    const onUploadSpoolError = (err: unknown) => log.error({ err }, "an upload thread crashed");
    const uploadSpool = await openUploadSpool({
      dataDir: config.dataDir,
      limits: config.datasetLimits,
      readMs: config.readMs,
      onError: onUploadSpoolError,
      onThreads: health.of("upload"),
    });
    closers.push(() => uploadSpool.close());
    const { bus } = backend;
    const queue = await backend.openQueue(store, (job) => reclaimLost(services, job, config.backoffMs));
    const sources = createSourceFetcher({ ...config.sources, maxBytes: config.datasetLimits.bytes });
    const services: Services = createServices({
      ...{ store, queue, bus, computePool, trainingPool, uploadSpool, sources, limits, tracing },
      log: traceLog(log, tracing),
    });

    const countKeeper = startCountKeeper(services);
    closers.push(() => countKeeper.stop());
    await assertGuarded(config, store);
    const webhookSecret = config.webhooks.secret ?? (await store.secrets.getOrCreate("webhook", newWebhookSecret()));
    const lifecycle = createLifecycle();
    // The oldest process reports what all processes share.
    const processRegistry = createProcessRegistry(store, backend.heartbeatEveryMs);
    const isSpeaker = async () => !backend.isShared || (await processRegistry.list())[0]?.id === workerId;
    const telemetry = createTelemetry(instruments, store, isSpeaker);
    const { allowOpen, ...access } = config.access;
    const { basePath, corsOrigins, sockets } = config;
    const app = await buildApp({
      services,
      lifecycle,
      log,
      dashboardDirectory: DASHBOARD,
      webhookSecret,
      telemetry,
      threads: health,
      basePath,
      corsOrigins,
      sockets,
      role: config.role,
      heartbeatEveryMs: backend.heartbeatEveryMs,
      access: { ...access, localOnly: !allowOpen, rateLimiter: backend.isShared ? createSharedRateLimiter(services) : null },
      archive: backend.archive,
      restart: onRestart,
      ...streaming,
    });
    closers.push(() => app.close());
    // Listening comes first: a server that cannot have its port must not touch the jobs of the one that has it.
    await app.listen({ host: config.host, port: config.port });
    const grpc = await openGrpc(app, computePool, config);
    closers.push(() => grpc.close());
    closers.push(() => services.importsUnderWay.stop());
    await tidyUp(services, backend);
    const deliverer = startDeliverer(services, {
      ...config.webhooks,
      sender: createWebhookSender(config.webhooks),
      secretOf: (project) => projectSecret(webhookSecret, project),
      leaseMs: config.webhooks.timeoutMs + WEBHOOK_LEASE_MS,
    });
    closers.push(() => deliverer.stop());
    const sweeper = startSweeper(services, config.retention);
    closers.push(() => sweeper.stop());
    const forgetter = startForgetter(services, 1000 * (config.cluster?.leaseSeconds ?? FORGET_LEASE_S));
    closers.push(() => forgetter.stop());
    const scheduler = startScheduler(services, 1000 * (config.cluster?.leaseSeconds ?? FORGET_LEASE_S));
    closers.push(() => scheduler.stop());
    const runner: Runner = trains
      ? startRunner(services, {
          workers,
          drainMs: CHECKPOINT_SHARE * config.drainMs,
          backoffMs: config.backoffMs,
          ...(config.cluster && { chunkLeaseMs: 1000 * config.cluster.leaseSeconds }),
        })
      : NO_RUNNER;
    const memoryBytes = trains ? limits.memoryBytes : 0;
    const worker = {
      id: workerId,
      name: config.nodeName,
      role: config.role,
      version: VERSION,
      slots: trainingPool.size,
      memoryBytes,
    };
    const heartbeats = await sendHeartbeats(services, {
      worker: { ...worker, startedAt: Date.now() },
      everyMs: backend.heartbeatEveryMs,
      onDrain() {
        lifecycle.drain();
        void runner.stop();
      },
    });
    closers.push(() => heartbeats.stop());
    closers.push(() => runner.stop());
    lifecycle.markReady();
    return {
      url: urlOf(app, config.host),
      grpcAddress: grpc.address,
      async stop() {
        lifecycle.drain();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Throws "forbidden", in one line, when the server has no key and others can reach its address. */
async function assertGuarded({ host, access }: Config, store: Store): Promise<void> {
  if (isLoopback(host) || access.allowOpen || access.adminKey !== null || (await store.keys.hasAny())) return;
  throw new TrainyardError(
    "forbidden",
    `there is no API key, and ${host} is an address that others can reach: make a key (trainyard keys create --data-dir), set TRAINYARD_ADMIN_KEY, listen on 127.0.0.1, or set TRAINYARD_ALLOW_OPEN=true to serve everybody`,
  );
}

/** Loads the modules for PostgreSQL only when it is used. */
async function openBackend(
  config: Config,
  log: Logger,
  workerId: string,
  onWaiting: (detail: string) => void,
): Promise<Backend> {
  if (!config.cluster) return openAlone(config, log);
  const { openCluster } = await import("./cluster.ts");
  return openCluster(config, config.cluster, log, workerId, onWaiting);
}

/** Listens for gRPC if a port is set, and loads its modules only then. */
async function openGrpc(app: App, threads: ComputePool, { grpcPort, grpcTls, host, sockets }: Config) {
  if (grpcPort === null) return { address: null, close: () => Promise.resolve() };
  const { startGrpcServer } = await import("../http/grpc/grpc-server.ts");
  const { connections, idleMs } = sockets;
  const tls = grpcTls && (await readGrpcTls(grpcTls));
  return startGrpcServer(app, { threads, host, port: grpcPort, connections, idleMs, tls });
}

/** Cleans up abandoned work: all running work in a store of our own, and only old work in a shared one. */
async function tidyUp(services: Services, { isShared, archive }: Backend): Promise<void> {
  if (isShared) return removeUnfinished(services, Date.now() - UNFINISHED_MS);
  await services.store.deliveries.releaseAll(Date.now());
  await services.store.idempotency.releaseAll();
  await services.store.forgets.releaseAll();
  await services.store.scheduleRuns.releaseAll();
  await recover(services, (job) => notifyChanged(services, job));
  await noteRestore(services, archive);
}

/** Enters into the audit log of a restored database who restored it. */
async function noteRestore({ store, log }: Services, archive: Archive | null): Promise<void> {
  const entry = await archive?.restoredBy();
  if (!archive || !entry) return;
  // The entry may exist already, if a process died after this.
  await store.auditLog.append([entry]).catch((err: unknown) => log.warn({ err, entry }, "the restore is not in the audit log"));
  await archive.noted();
}

/** A new secret in the form of Standard Webhooks: 32 random bytes. */
function newWebhookSecret(): string {
  return `whsec_${randomBytes(32).toString("base64")}`;
}

function urlOf(app: App, host: string): string {
  const { port } = app.server.address() as AddressInfo;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
