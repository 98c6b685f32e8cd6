/**
 * One log line for each request, with the ids of the request and of its job, model or data set, and the logger of a request for all other
 * lines. Bodies and headers are never logged.
 */
import type { FastifyBaseLogger } from "fastify";
import { type Logger, pino } from "pino";
import { ID_PREFIXES } from "../../domain/id.ts";
import type { App } from "../context.ts";
import { onRequestEnd, type RequestEnding } from "./request-ending.ts";

type Level = "fatal" | "error" | "warn" | "info" | "debug" | "trace";

/** The fields of a request's line besides those of its logger. */
interface Answered {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly ms: number;
  readonly project?: string;
  /** Present if it was not answered. */
  readonly ending?: RequestEnding;
}

/** A logger of pino, with the members that pino documents for extensions. */
type PinoLogger = Logger & {
  readonly [pino.symbols.streamSym]: pino.DestinationStream;
  /** The fields of all its lines, encoded, each after a comma. */
  readonly [pino.symbols.chindingsSym]: string;
};

const INFO = pino.levels.values.info;

/**
 * The logger of a request: that of the server, with the fields of the request in every line. A child of pino would do the
 * same, but would be created and encoded for each request, most of which write one line.
 */
class RequestLog implements FastifyBaseLogger {
  readonly #base: PinoLogger;
  readonly #fields: object;

  constructor(base: PinoLogger, fields: object) {
    this.#base = base;
    this.#fields = fields;
  }

  get level(): string {
    return this.#base.level;
  }

  child(fields: object): RequestLog {
    return new RequestLog(this.#base, { ...this.#fields, ...fields });
  }

  fatal(said: unknown, ...rest: unknown[]): void {
    this.#say("fatal", said, rest);
  }

  error(said: unknown, ...rest: unknown[]): void {
    this.#say("error", said, rest);
  }

  warn(said: unknown, ...rest: unknown[]): void {
    this.#say("warn", said, rest);
  }

  info(said: unknown, ...rest: unknown[]): void {
    this.#say("info", said, rest);
  }

  debug(said: unknown, ...rest: unknown[]): void {
    this.#say("debug", said, rest);
  }

  trace(said: unknown, ...rest: unknown[]): void {
    this.#say("trace", said, rest);
  }

  silent(): void {}

  /**
   * Writes the line of the answered request, as `info` would. Every request has one, and pino, which checks the type and the characters of
   * each field, takes as long for it as the network of a small prediction. This writes the same text in a third of that time. It respects
   * the level; serializers and formatters are ignored, and the server has none.
   */
  answered(answered: Answered): void {
    const base = this.#base;
    if (!base.isLevelEnabled("info")) return;
    const said = JSON.stringify({ ...this.#fields, ...answered, msg: "request" }).slice(1);
    base[pino.symbols.streamSym].write(`{"level":${INFO},"time":${Date.now()}${base[pino.symbols.chindingsSym]},${said}\n`);
  }

  /** The arguments of pino's methods: fields and a sentence, an error, or a sentence alone. */
  #say(level: Level, said: unknown, rest: unknown[]): void {
    const log = this.#base[level] as (fields: object, ...rest: unknown[]) => void;
    if (typeof said !== "object") log.call(this.#base, this.#fields, said, ...rest);
    else if (said instanceof Error) log.call(this.#base, { ...this.#fields, err: said }, said.message, ...rest);
    else log.call(this.#base, { ...this.#fields, ...said }, ...rest);
  }
}

/** The logger of a new request; `fields` identify it. The server's own logger is pino's. */
export function createRequestLog(base: FastifyBaseLogger, fields: object): FastifyBaseLogger {
  return new RequestLog(base as PinoLogger, fields);
}

/** Logs every request once, however it ended. All lines of a request for a job or a model carry its id. */
export function logRequests(app: App): void {
  app.addHook("onRequest", (request, _reply, done) => {
    const { id, ref } = request.params as { id?: string; ref?: string };
    if (ref !== undefined) request.log = request.log.child({ model: ref.slice(0, 100) });
    if (id !== undefined) {
      const label = id.startsWith(ID_PREFIXES.dataset) ? "dataset_id" : "job_id";
      request.log = request.log.child({ [label]: id.slice(0, 100) });
    }
    done();
  });
  onRequestEnd(app, (request, _reply, { ending, status, ms, project }) => {
    (request.log as RequestLog).answered({
      method: request.method,
      route: request.routeOptions.url ?? "unknown",
      status,
      ms: Math.round(ms * 100) / 100,
      ...(project !== null && { project }),
      ...(ending !== "answered" && { ending }),
    });
  });
}
