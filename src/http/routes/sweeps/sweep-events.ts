/** The events of a sweep, and their live stream over WebSocket or SSE. */
import { followSweep, readSweepEvents } from "../../../app/sweeps/sweep-frames.ts";
import { findSweep } from "../../../app/sweeps/sweep-view.ts";
import { isEnded, type Sweep } from "../../../domain/sweeps/sweep.ts";
import type { App, RouteContext } from "../../context.ts";
import { ProtocolError } from "../../errors/problem.ts";
import { answers } from "../../openapi/openapi.ts";
import { eventsQuery, lastEventId, streamQuery } from "../../openapi/parameters.ts";
import { sweepEventsAnswer, sweepParams, sweepStreamFrame } from "../../openapi/sweep-schemas.ts";
import { createSseConnection, SSE_TYPE } from "../../streaming/sse.ts";
import { createWebSocketConnection } from "../../streaming/websocket.ts";
import { joinEvents } from "../metrics.ts";

const tags = ["sweeps"];

/** Registers the routes of a sweep's events. */
export function registerSweepEvents(app: App, context: RouteContext): void {
  registerEvents(app, context);
  registerSweepStream(app, context);
}

function registerEvents(app: App, { streams }: RouteContext): void {
  app.get(
    "/v1/sweeps/:id/events",
    {
      schema: {
        tags,
        operationId: "readSweepEvents",
        summary: "Read events of a sweep, or follow them as server-sent events",
        description:
          "A page of events; with `Accept: text/event-stream` the backlog, then live events, then an `end` event. A reader that reconnects with `Last-Event-ID` after the end gets 204.",
        params: sweepParams,
        querystring: eventsQuery,
        headers: lastEventId,
        response: answers(
          {
            200: ["A page of events, or the stream.", { "application/json": sweepEventsAnswer, [SSE_TYPE]: sweepStreamFrame }],
            204: ["The stream has ended and all of it was seen: an EventSource stops here.", sweepEventsAnswer],
          },
          [404, 422],
        ),
      },
    },
    async (request, reply) => {
      const { services, principal } = request;
      const { id } = request.params;
      if (!request.headers.accept?.includes(SSE_TYPE)) {
        const { frames, hasMore, nextAfter } = await readSweepEvents(services, id, request.query);
        reply.type("application/json; charset=utf-8");
        return joinEvents(frames, hasMore, nextAfter);
      }
      const seen = request.headers["last-event-id"];
      const sweep = await findSweep(services, id);
      if (seen !== undefined && isEnded(sweep.state) && seen >= sweep.lastSeq) return reply.code(204).send();
      streams.assertRoom(principal);
      reply.hijack();
      const connection = createSseConnection(reply.raw, reply.getHeaders() as Record<string, string>, streams.bounds.pingMs);
      const after = seen ?? request.query.after;
      await streams.run(
        { follow: (options) => followSweep(services, sweep, options), principal, after, connection },
        request.log,
      );
    },
  );
}

function registerSweepStream(app: App, { streams }: RouteContext): void {
  /** The sweeps of requests that are about to be upgraded. */
  const found = new WeakMap<object, Sweep>();
  app.route({
    method: "GET",
    url: "/v1/sweeps/:id/stream",
    schema: {
      tags,
      operationId: "streamSweep",
      summary: "Follow a sweep over a WebSocket",
      description:
        "Each text message is one frame: the backlog after `after`, then live frames, then an `end` frame. A connection that ends early resumes with `after` set to the last `seq` seen. Close codes: as those of a job's stream.",
      params: sweepParams,
      querystring: streamQuery,
      response: answers({ 101: ["The frames.", sweepStreamFrame] }, [404, 422, 426]),
    },
    // Before the upgrade: an unknown sweep is answered with 404, not with an open socket.
    preHandler: async (request) => {
      streams.assertRoom(request.principal);
      found.set(request, await findSweep(request.services, request.params.id));
    },
    handler: async (_request, reply) => {
      reply.header("upgrade", "websocket");
      throw new ProtocolError("upgrade_required", "this path takes WebSocket connections only");
    },
    wsHandler: (socket, request) => {
      const sweep = found.get(request) as Sweep;
      const { after } = request.query as { after: number };
      const { services, principal } = request;
      const connection = createWebSocketConnection(socket, streams.bounds.pingMs);
      void streams.run(
        { follow: (options) => followSweep(services, sweep, options), principal, after, connection },
        request.log,
      );
    },
  });
}
