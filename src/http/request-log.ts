/**
 * One log line a request, with the ids of the request and of what it is about, and the log that a request has for whatever
 * else there is to say. Bodies and headers are never logged.
 */
import type { FastifyBaseLogger } from "fastify";
import { ID_PREFIXES } from "../domain/id.ts";
import type { App } from "./context.ts";

type Level = "fatal" | "error" | "warn" | "info" | "debug" | "trace";

/**
 * The log of a request: the server's, with the request's fields in every line. A child of pino's would do the same, and be
 * made and encoded anew for each request; most requests say one line.
 */
class RequestLog implements FastifyBaseLogger {
  readonly #base: FastifyBaseLogger;
  readonly #fields: object;

  constructor(base: FastifyBaseLogger, fields: object) {
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

  /** As pino takes it: fields and then a sentence, an error, or a sentence alone. */
  #say(level: Level, said: unknown, rest: unknown[]): void {
    const log = this.#base[level] as (fields: object, ...rest: unknown[]) => void;
    if (typeof said !== "object") log.call(this.#base, this.#fields, said, ...rest);
    else if (said instanceof Error) log.call(this.#base, { ...this.#fields, err: said }, said.message, ...rest);
    else log.call(this.#base, { ...this.#fields, ...said }, ...rest);
  }
}

/** The log of a new request; `fields` name it. */
export function createRequestLog(base: FastifyBaseLogger, fields: object): FastifyBaseLogger {
  return new RequestLog(base, fields);
}

/** Logs every answered request. Those of a job or a model carry its id in all their lines. */
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
  app.addHook("onResponse", (request, reply, done) => {
    request.log.info(
      {
        method: request.method,
        route: request.routeOptions.url ?? "unknown",
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime * 100) / 100,
      },
      "request",
    );
    done();
  });
}
