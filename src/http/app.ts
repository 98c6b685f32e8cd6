/**
 * The HTTP server: registers plugins and routes in the order that they require. Knows the use cases by `Services`, and nothing
 * of what implements their ports.
 */
import { randomUUID } from "node:crypto";
import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import websocket from "@fastify/websocket";
import Fastify, { type FastifyBaseLogger, LogController } from "fastify";
import { createAuditRecorder } from "../app/access/keep-audit-log.ts";
import { createProcessRegistry } from "../app/cluster/list-workers.ts";
import { createJobFeed } from "../app/jobs/watch-jobs.ts";
import type { Services } from "../app/services.ts";
import type { Archive } from "../domain/operation/archive.ts";
import { NO_TELEMETRY, type Telemetry } from "../domain/operation/telemetry.ts";
import { createThreadHealth, type ThreadHealth } from "../domain/operation/thread-health.ts";
import type { Role } from "../domain/operation/worker.ts";
import { recordChanges } from "./auth/audit-log.ts";
import { allowOrigins } from "./auth/cors.ts";
import { type AccessSettings, createGuard } from "./auth/guard.ts";
import { addSecurityHeaders } from "./auth/security-headers.ts";
import { createBasePath } from "./connection/base-path.ts";
import { acceptJsonBytes } from "./connection/body.ts";
import { endClosingConnections, endConnectionsOnClose, endRefusedUpgrades } from "./connection/connections.ts";
import { acceptIdempotencyKeys } from "./connection/idempotency.ts";
import { sendTextsInPieces, writeAnswersInSlices } from "./connection/large-answers.ts";
import type { Lifecycle } from "./connection/lifecycle.ts";
import { locateBelow } from "./connection/location.ts";
import { refuseUnknownParameters } from "./connection/query.ts";
import { createRequestLog, logRequests } from "./connection/request-log.ts";
import { measureRequests } from "./connection/request-telemetry.ts";
import { answerBadHandshakes, boundSockets, type SocketBounds, socketOptions } from "./connection/sockets.ts";
import { traceRequests } from "./connection/trace-requests.ts";
import type { App, RouteContext } from "./context.ts";
import { createDashboard } from "./dashboard.ts";
import { answerError, answerErrors } from "./errors/error-handlers.ts";
import { foreignFormatOf } from "./errors/foreign-protocol.ts";
import { serversBelow, swaggerOptions } from "./openapi/openapi.ts";
import { registerAuditLog } from "./routes/audit-log.ts";
import { registerBackups } from "./routes/backups.ts";
import { registerCheckpoints } from "./routes/checkpoints.ts";
import { registerDatasets } from "./routes/datasets/datasets.ts";
import { registerForgets } from "./routes/datasets/forgets.ts";
import { registerImportedTables } from "./routes/datasets/imports.ts";
import { registerLabels } from "./routes/datasets/labels.ts";
import { registerEvaluate } from "./routes/evaluate.ts";
import { registerExports } from "./routes/exports.ts";
import { registerImports } from "./routes/imports.ts";
import { registerInfluence } from "./routes/influence.ts";
import { registerJobs } from "./routes/jobs.ts";
import { registerKeys } from "./routes/keys.ts";
import { registerLearningCurve } from "./routes/learning-curve.ts";
import { registerMetrics } from "./routes/metrics.ts";
import { registerMlflow } from "./routes/mlflow/mlflow.ts";
import { registerModels } from "./routes/models.ts";
import { registerMonitoring } from "./routes/monitoring.ts";
import { registerOpenInference } from "./routes/open-inference.ts";
import { registerPartialDependence } from "./routes/partial-dependence.ts";
import { registerPredict } from "./routes/predict.ts";
import { registerRegistry } from "./routes/registry.ts";
import { registerReplay } from "./routes/replay.ts";
import { registerSchedules } from "./routes/schedules.ts";
import { registerSeeds } from "./routes/seeds.ts";
import { registerService } from "./routes/service.ts";
import { registerSession } from "./routes/session.ts";
import { registerStream } from "./routes/stream.ts";
import { registerSweepEvents } from "./routes/sweeps/sweep-events.ts";
import { registerSweeps } from "./routes/sweeps/sweeps.ts";
import { registerTrials } from "./routes/sweeps/trials.ts";
import { registerTelemetry } from "./routes/telemetry.ts";
import { registerTfServing } from "./routes/tf-serving.ts";
import { registerWebhooks } from "./routes/webhooks.ts";
import { registerWorkers } from "./routes/workers.ts";
import { STREAM_BOUNDS, type StreamBounds } from "./streaming/stream-connection.ts";
import { createStreams } from "./streaming/streams.ts";
import { MAX_INCOMING_BYTES, onSocketError } from "./streaming/websocket.ts";

export interface AppOptions {
  readonly services: Services;
  readonly lifecycle: Lifecycle;
  readonly log: FastifyBaseLogger;
  /** The folder of the built page; null for a server without a page. */
  readonly dashboardDirectory: string | null;
  /** Limits for a stream's reader, if they differ from STREAM_BOUNDS and the limits of projects. */
  readonly streamBounds?: Partial<StreamBounds>;
  /** Authentication and rate limits. */
  readonly access: Omit<AccessSettings, "origins">;
  /** The secret that signs webhooks, for the route that shows it to receivers. */
  readonly webhookSecret?: string;
  /** Which pools have threads; left out: all have. */
  readonly threads?: ThreadHealth;
  /** Measures the server; left out: nothing is measured. */
  readonly telemetry?: Telemetry;
  /** Makes and restores backups; null if the database has its own. */
  readonly archive?: Archive | null;
  /** Stops the server and starts it again. */
  readonly restart?: () => void;
  /** Limits for connections. */
  readonly sockets: SocketBounds;
  /** The path below which a proxy shows the server; "" or left out: the root, or what the proxy says. */
  readonly basePath?: string;
  /** Other origins whose pages may use the API from a browser. */
  readonly corsOrigins?: readonly string[];
  /** How often each process sends its heartbeat to the others. */
  readonly heartbeatEveryMs: number;
  /** `work`: only the routes of health and metrics. */
  readonly role?: Role;
}

const pathOf = (url: string): string => url.split("?", 1)[0] ?? "";

type RegisterRoutes = (app: App, context: RouteContext) => void;

/** The routes of a process that only trains. */
const OPERATION: readonly RegisterRoutes[] = [registerService, registerTelemetry];

const API: readonly RegisterRoutes[] = [
  registerDatasets,
  registerLabels,
  registerForgets,
  registerImportedTables,
  registerSchedules,
  registerJobs,
  registerSweeps,
  registerTrials,
  registerSweepEvents,
  registerCheckpoints,
  registerReplay,
  registerMetrics,
  registerStream,
  registerExports,
  registerImports,
  registerModels,
  registerRegistry,
  registerPredict,
  registerEvaluate,
  registerInfluence,
  registerLearningCurve,
  registerSeeds,
  registerMonitoring,
  registerPartialDependence,
  registerTfServing,
  registerOpenInference,
  registerMlflow,
  registerWebhooks,
  registerBackups,
  registerKeys,
  registerAuditLog,
  registerSession,
  registerWorkers,
];

/** The server, ready to listen or to be injected. Closing it waits for its streams to end. */
export async function buildApp(options: AppOptions): Promise<App> {
  const {
    services,
    lifecycle,
    log,
    streamBounds,
    webhookSecret = "",
    telemetry = NO_TELEMETRY,
    heartbeatEveryMs,
    sockets,
  } = options;
  const basePath = createBasePath(options.basePath ?? "");
  const app: App = Fastify({
    rewriteUrl: ({ url = "/" }) => basePath.withoutIt(url),
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "request_id" }),
    genReqId: () => randomUUID(),
    childLoggerFactory: createRequestLog,
    bodyLimit: services.limits.bodyBytes,
    ...socketOptions(sockets),
    frameworkErrors: (error, request, reply) => void answerError(error, request, reply, foreignFormatOf(pathOf(request.url))),
  });
  const { limits } = services;
  const guard = createGuard(services, { ...options.access, origins: options.corsOrigins ?? [] });
  const streams = createStreams(
    { lifecycle, feed: createJobFeed(services), watch: guard.authenticator.watch, telemetry },
    { ...STREAM_BOUNDS, connections: limits.project.streams, subscriptions: limits.project.subscriptions, ...streamBounds },
  );
  const context: RouteContext = {
    basePath,
    archive: options.archive ?? null,
    restart: options.restart ?? (() => undefined),
    limits,
    system: services,
    lifecycle,
    streams,
    guard,
    webhookSecret,
    telemetry,
    threads: options.threads ?? createThreadHealth(),
    workers: createProcessRegistry(services.store, heartbeatEveryMs),
  };

  const dashboard = createDashboard(options.dashboardDirectory, basePath);

  acceptJsonBytes(app, limits.bodyBytes);
  refuseUnknownParameters(app);
  app.setSerializerCompiler(() => JSON.stringify);
  writeAnswersInSlices(app);
  endClosingConnections(app);
  traceRequests(app, services.tracing);
  logRequests(app);
  measureRequests(app, telemetry);
  addSecurityHeaders(app);
  answerErrors(app, dashboard.answerVisit, foreignFormatOf);
  guard.attach(app);
  acceptIdempotencyKeys(app, services, (request) => request.project);
  recordChanges(app, createAuditRecorder(services));
  locateBelow(app, basePath);
  sendTextsInPieces(app);
  endConnectionsOnClose(app);
  endRefusedUpgrades(app);
  boundSockets(app, sockets);

  await allowOrigins(app, options.corsOrigins ?? []);
  await app.register(websocket, {
    options: { maxPayload: MAX_INCOMING_BYTES },
    errorHandler: onSocketError,
    preClose(done) {
      void streams.settle().then(() => this.websocketServer.close(() => done()));
    },
  });
  answerBadHandshakes(app.websocketServer);
  await app.register(swagger, swaggerOptions);
  await app.register(swaggerUi, {
    routePrefix: "/docs",
    staticCSP: true,
    transformStaticCSP: (policy) => policy.replace(" upgrade-insecure-requests;", "").replace(" validator.swagger.io", ""),
    uiConfig: { validatorUrl: null },
    transformSpecification: (document, request) => ({ ...document, ...serversBelow(basePath.of(request)) }),
  });
  await dashboard.register(app);
  for (const register of options.role === "work" ? OPERATION : [...API, ...OPERATION]) register(app, context);
  await app.ready();
  return app;
}
