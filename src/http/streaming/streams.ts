/**
 * All open streams of a server: each counts until its connection is closed, and ends when its key does. All of them end when draining
 * begins.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Authenticator } from "../../app/access/authenticate.ts";
import type { JobFeed } from "../../app/jobs/watch-jobs.ts";
import { DRAINING } from "../../app/metrics/follow.ts";
import type { Principal } from "../../domain/access/api-key.ts";
import { TrainyardError } from "../../domain/errors.ts";
import type { Telemetry } from "../../domain/operation/telemetry.ts";
import type { Lifecycle } from "../connection/lifecycle.ts";
import { type MultiStreamRequest, streamMany } from "./multi-stream.ts";
import { type StreamReport, type StreamRequest, streamFrames } from "./stream.ts";
import type { CloseReason, Message, StreamBounds, StreamConnection } from "./stream-connection.ts";

/** The part of a logger that streams need. */
export interface StreamLog {
  info(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface Streams {
  readonly bounds: StreamBounds;
  /** Throws rate_limited if the principal's project has the maximum number of readers. */
  assertRoom(principal: Principal): void;
  /** Sends the frames of one job or sweep until it or the connection ends. Never rejects. */
  run(request: StreamRequest & Held, log: StreamLog): Promise<void>;
  /** Serves a reader of many jobs until the connection ends. Never rejects. */
  serve(request: Omit<MultiStreamRequest, "feed"> & Held, log: StreamLog): Promise<void>;
  /** Waits for the open streams to close, and drops those that do not close in time. */
  settle(): Promise<void>;
}

/** Who holds the connection. */
export interface Held {
  readonly principal: Principal;
}

/** The work of a stream until `stop` aborts with the close reason: DRAINING, "unauthorized", or "gone". */
type Work = (bounds: StreamBounds, stop: AbortSignal, onError: (error: unknown) => void) => Promise<StreamReport>;

export interface StreamDependencies {
  readonly lifecycle: Lifecycle;
  readonly feed: JobFeed;
  /** Reports when a principal is no longer valid. */
  readonly watch: Authenticator["watch"];
  readonly telemetry: Pick<Telemetry, "stream">;
}

/** The streams of a server. Readers of many jobs share the feed. */
export function createStreams(
  { lifecycle: { draining }, feed, watch, telemetry }: StreamDependencies,
  bounds: StreamBounds,
): Streams {
  // A stream is open until its connection is closed: the last frames may still be on their way.
  const open = new Map<StreamConnection<never>, Promise<void>>();
  const counts = new Map<string, number>();
  const count = (project: string, change: 1 | -1): void => {
    const now = (counts.get(project) ?? 0) + change;
    if (now === 0) counts.delete(project);
    else counts.set(project, now);
  };

  async function run<M extends Message>(
    connection: StreamConnection<M>,
    principal: Principal,
    log: StreamLog,
    work: Work,
  ): Promise<void> {
    const stop = new AbortController();
    const drain = () => stop.abort(DRAINING);
    if (draining.aborted) drain();
    else draining.addEventListener("abort", drain, { once: true });
    const { promise, resolve } = Promise.withResolvers<void>();
    open.set(connection, promise);
    count(principal.project, 1);
    connection.onClose(() => {
      open.delete(connection);
      count(principal.project, -1);
      resolve();
      stop.abort("gone");
    });
    const unwatch = watch(principal, () => stop.abort("unauthorized" satisfies CloseReason));
    const startedAt = performance.now();
    const ended = telemetry.stream(connection.kind);
    const onError = (err: unknown) => log.error({ err }, "stream failed");
    const { ending, fields, resumption } = await work(bounds, stop.signal, onError);
    draining.removeEventListener("abort", drain);
    unwatch();
    connection.close(ending, resumption);
    ended(ending);
    const ms = Math.round(performance.now() - startedAt);
    log.info({ stream: connection.kind, ending, ...fields, ms }, "stream ended");
  }

  return {
    bounds,
    assertRoom({ project }) {
      if ((counts.get(project) ?? 0) < bounds.connections) return;
      const detail = `${project} has ${bounds.connections} open streams, which is the maximum (TRAINYARD_PROJECT_STREAMS): close one, or follow many jobs over one stream at /v1/stream`;
      throw new TrainyardError("rate_limited", detail);
    },
    run: (request, log) =>
      run(request.connection, request.principal, log, (...dependencies) => streamFrames(request, ...dependencies)),
    serve: (request, log) =>
      run(request.connection, request.principal, log, (...dependencies) => streamMany({ ...request, feed }, ...dependencies)),
    async settle() {
      const enough = new AbortController();
      const deadline = delay(bounds.drainMs, undefined, { signal: enough.signal }).catch(() => undefined);
      await Promise.race([Promise.all(open.values()), deadline]);
      enough.abort();
      for (const connection of open.keys()) connection.destroy();
    },
  };
}
