/**
 * The server process: environment, Node version, signals. server.ts builds the server, and is imported only after the check of Node,
 * because better-sqlite3 would end an older one without a message.
 */

import { pino } from "pino";
import { isNewEnough, OLDEST_NODE } from "#node-floor";
import { TrainyardError } from "./domain/errors.ts";
import { type Config, ConfigError, parseConfig } from "./server/config.ts";
import { neededDescriptors } from "./server/defaults.ts";
import { descriptorLimit } from "./server/descriptors.ts";
import { createLogWriter } from "./server/log-writer.ts";

/** Terminals and npm both pass a signal on, so one Ctrl-C may arrive twice; a second one after this time is intended. */
const SAME_SIGNAL_MS = 1000;

const config = checkNode() ?? readConfig();
if (typeof config === "string") fail(config);
else await run(config);

/** One clear line instead of a crash; null if this Node is new enough. */
function checkNode(): string | null {
  if (isNewEnough(process.versions.node)) return null;
  return `Trainyard needs Node ${OLDEST_NODE} or newer, and this is ${process.versions.node}. Start it with "npm start", which brings its own.`;
}

function readConfig(): Config | string {
  try {
    const parsed = parseConfig(process.env);
    return tooFewDescriptors(parsed) ?? parsed;
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

/** One clear line instead of a file or a thread that cannot be opened later; null if there are enough descriptors. */
function tooFewDescriptors({ workers, role }: Config): string | null {
  const limit = descriptorLimit();
  const threads = role === "serve" ? 0 : workers;
  const needed = neededDescriptors(threads);
  if (limit === null || limit > needed) return null;
  return `this process may open ${limit} files, and with ${threads} training threads it needs more than ${needed}: raise the limit (ulimit -n, LimitNOFILE), or set TRAINYARD_WORKERS lower`;
}

async function run(config: Config): Promise<void> {
  const log = pino({ level: config.logLevel }, createLogWriter());
  const { startRestartable } = await import("./server/restartable.ts");
  try {
    const server = await startRestartable(config, log);
    void server.died.then((error) => {
      log.fatal({ err: error }, "the server could not be started again");
      process.exit(1);
    });
    stopOnSignals(server, log, config.drainMs);
    log.info(
      {
        url: server.url,
        ...(server.grpcAddress && { grpc: server.grpcAddress }),
        workers: config.workers,
        data_dir: config.dataDir,
      },
      "ready",
    );
  } catch (error) {
    fail(reasonOf(error, config));
  }
}

/** One line for errors that the operator of the machine can fix; a bug is rethrown. */
function reasonOf(error: unknown, { host, port }: Config): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "EADDRINUSE")
    return `port ${port} of ${host} is taken; set TRAINYARD_PORT to another one, or to 0 for any free one`;
  if (code === "EACCES" || code === "EADDRNOTAVAIL" || code === "ENOTFOUND")
    return `cannot listen on ${host}:${port}: ${message}`;
  if (error instanceof TrainyardError || error instanceof ConfigError) return message;
  throw error;
}

/** SIGTERM and SIGINT drain the server and exit with 0; a second signal exits at once. After `drainMs` the process ends whatever is still open. */
function stopOnSignals(server: { stop(): Promise<void> }, log: pino.Logger, drainMs: number): void {
  let firstAt: number | null = null;
  const onSignal = (signal: NodeJS.Signals) => {
    const now = performance.now();
    if (firstAt !== null) {
      if (now - firstAt > SAME_SIGNAL_MS) process.exit(1);
      return;
    }
    firstAt = now;
    log.info({ signal }, "draining");
    setTimeout(() => {
      log.error({ deadline_ms: drainMs }, "not drained in time");
      process.exit(1);
    }, drainMs).unref();
    server.stop().then(
      () => {
        log.info("stopped");
        process.exit(0);
      },
      (error: unknown) => {
        log.fatal({ err: error }, "draining failed");
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
}

function fail(line: string): never {
  process.stderr.write(`trainyard: ${line}\n`);
  process.exit(1);
}
