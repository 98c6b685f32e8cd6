/** Metrics by epoch: columns, events, and the live stream over WebSocket or SSE. */
import { z } from "zod";
import { findJob } from "../../app/jobs/job-view.ts";
import { exportCsv } from "../../app/metrics/export-metrics.ts";
import { follow } from "../../app/metrics/follow.ts";
import { readEvents, readMetrics } from "../../app/metrics/history.ts";
import { isTerminal, type Job } from "../../domain/jobs/job.ts";
import { CSV_TYPE } from "../../formats/metrics/metrics-csv.ts";
import { sendBytes } from "../connection/large-answers.ts";
import type { App, RouteContext } from "../context.ts";
import { ProtocolError } from "../errors/problem.ts";
import { answers } from "../openapi/openapi.ts";
import { eventsQuery, jobParams, lastEventId, metricsQuery, streamQuery } from "../openapi/parameters.ts";
import { eventsAnswer, metricsAnswer, streamFrame } from "../openapi/response-schemas.ts";
import { createSseConnection, SSE_TYPE } from "../streaming/sse.ts";
import { createWebSocketConnection } from "../streaming/websocket.ts";

const tags = ["metrics"];

const CSV_EXAMPLE = "epoch,loss,accuracy,lr,epoch_ms\r\n1,0.721,0.485,0.05,0.031\r\n2,0.655,0.69,0.05,0.017\r\n";

/** Registers the routes of metrics. */
export function registerMetrics(app: App, context: RouteContext): void {
  registerColumns(app);
  registerEvents(app, context);
  registerJobStream(app, context);
}

function registerColumns(app: App): void {
  app.get(
    "/v1/jobs/:id/metrics",
    {
      schema: {
        tags,
        operationId: "readMetrics",
        summary: "Read metrics",
        description:
          "Columns by epoch. Ask for a range of epochs no wider than `points` to have every one of them; wider ones are thinned. With `Accept: text/csv` every epoch of the range, however many, a line each, with all series as columns; NaN and infinities are `NaN`, `Infinity`, `-Infinity`.",
        params: jobParams,
        querystring: metricsQuery,
        response: answers(
          {
            200: [
              "The columns.",
              { "application/json": metricsAnswer, [CSV_TYPE]: z.string().meta({ examples: [CSV_EXAMPLE] }) },
            ],
          },
          [404, 422],
        ),
      },
    },
    async ({ params: { id }, query, headers, services }, reply) => {
      if (headers.accept?.includes(CSV_TYPE)) {
        const { chunks } = await exportCsv(services, id, query);
        reply.type(`${CSV_TYPE}; charset=utf-8`).header("content-disposition", `attachment; filename="${id}.csv"`);
        return sendBytes(reply, chunks);
      }
      const { from, to, total, returned, json } = await readMetrics(services, id, query);
      const head = JSON.stringify({ job: id, from, to, total, returned }).slice(0, -1);
      reply.type("application/json; charset=utf-8");
      return Buffer.concat([Buffer.from(`${head},`), json, Buffer.from("}")]);
    },
  );
}

function registerEvents(app: App, { streams }: RouteContext): void {
  app.get(
    "/v1/jobs/:id/events",
    {
      schema: {
        tags,
        operationId: "readEvents",
        summary: "Read events, or follow them as server-sent events",
        description:
          "A page of events; with `Accept: text/event-stream` the backlog, then live events, then an `end` event. A reader that reconnects with `Last-Event-ID` after the end gets 204.",
        params: jobParams,
        querystring: eventsQuery,
        headers: lastEventId,
        response: answers(
          {
            200: ["A page of events, or the stream.", { "application/json": eventsAnswer, [SSE_TYPE]: streamFrame }],
            204: ["The stream has ended and all of it was seen: an EventSource stops here.", eventsAnswer],
          },
          [404, 422],
        ),
      },
    },
    async (request, reply) => {
      const { services } = request;
      const { id } = request.params;
      if (!request.headers.accept?.includes(SSE_TYPE)) {
        const { frames, hasMore, nextAfter } = await readEvents(services, id, request.query);
        reply.type("application/json; charset=utf-8");
        return joinEvents(frames, hasMore, nextAfter);
      }
      const seen = request.headers["last-event-id"];
      const job = await findJob(services, id);
      if (seen !== undefined && isTerminal(job.state) && seen >= job.lastSeq) return reply.code(204).send();
      streams.assertRoom(request.principal);
      reply.hijack();
      const connection = createSseConnection(reply.raw, reply.getHeaders() as Record<string, string>, streams.bounds.pingMs);
      await streams.run(
        {
          follow: (options) => follow(services, job, options),
          principal: request.principal,
          after: seen ?? request.query.after,
          connection,
        },
        request.log,
      );
    },
  );
}

/** Joins encoded events to the JSON of a page. */
export function joinEvents(frames: readonly { readonly json: Uint8Array }[], hasMore: boolean, nextAfter: number): Buffer {
  const parts = frames.flatMap(({ json }, index) => (index === 0 ? [json] : [Buffer.from(","), json]));
  const tail = JSON.stringify({ has_more: hasMore, next_after: nextAfter }).slice(1);
  return Buffer.concat([Buffer.from('{"data":['), ...parts, Buffer.from(`],${tail}`)]);
}

function registerJobStream(app: App, { streams }: RouteContext): void {
  /** The jobs of requests that are about to be upgraded. */
  const found = new WeakMap<object, Job>();
  app.route({
    method: "GET",
    url: "/v1/jobs/:id/stream",
    schema: {
      tags,
      operationId: "streamJob",
      summary: "Follow a job over a WebSocket",
      description:
        "Each text message is one frame: the backlog after `after`, then live frames, then an `end` frame. Every epoch is in exactly one frame, in order. A connection that ends early resumes with `after` set to the last `seq` seen. Close codes: 1000 the job has ended, 1001 the server is going down, 1008 the key was revoked or has expired, 4008 the reader was too slow, 1011 an internal error.",
      params: jobParams,
      querystring: streamQuery,
      response: answers({ 101: ["The frames.", streamFrame] }, [404, 422, 426]),
    },
    // Before the upgrade: an unknown job is answered with 404, not with an open socket.
    preHandler: async (request) => {
      streams.assertRoom(request.principal);
      found.set(request, await findJob(request.services, request.params.id));
    },
    handler: async (_request, reply) => {
      reply.header("upgrade", "websocket");
      throw new ProtocolError("upgrade_required", "this path takes WebSocket connections only");
    },
    wsHandler: (socket, request) => {
      const job = found.get(request) as Job;
      const { after } = request.query as { after: number };
      const connection = createWebSocketConnection(socket, streams.bounds.pingMs);
      const { services, principal } = request;
      void streams.run({ follow: (options) => follow(services, job, options), principal, after, connection }, request.log);
    },
  });
}
