/** The WebSocket of many jobs: its reader subscribes to jobs by messages. */
import { z } from "zod";
import type { App, RouteContext } from "../context.ts";
import { ProtocolError } from "../errors/problem.ts";
import { answers } from "../openapi/openapi.ts";
import { createWebSocketConnection, messagesOf } from "../streaming/websocket.ts";

const DESCRIPTION = `The reader says what to follow, in JSON text messages of at most 1024 bytes:

- \`{"type": "subscribe", "job": "job_...", "after": 0}\`: the frames of one job after \`after\` (0 when left out), as \`/v1/jobs/{id}/stream\` sends them, until its \`end\` frame. Every frame has the id of its \`job\` and its \`seq\`.
- \`{"type": "unsubscribe", "job": "job_..."}\`: stops that.
- \`{"type": "subscribe", "topic": "jobs"}\`: from the answer \`{"type": "subscribed", "topic": "jobs"}\` on, every change of any job. The server sends no list to begin with: read \`/v1/jobs\` after that answer, and nothing is missed. \`{"type": "unsubscribe", "topic": "jobs"}\` ends it.

Besides frames, it receives:

- \`{"type": "job", "job": {...}}\`: a job as \`/v1/jobs/{id}\` shows it, at once when its state changes and a few times a second while it trains. If a job changes faster than that, or faster than the reader reads, only its latest state is sent. A queued job that only moves up is not sent.
- \`{"type": "removed", "id": "job_..."}\`: the job was deleted.
- \`{"type": "error", "job": "job_..." | null, "problem": {...}}\`: a message could not be carried out; \`problem\` is a document as for any other error.

Close codes: 1001 the server is going down (each job's last frame is an \`end\` frame with the reason \`draining\`), 1008 too many invalid messages, or a key that was revoked or has expired, 4008 the reader was too slow, 1009 a message was too long, 1011 an internal error. Subscribe again after the last \`seq\` of each job.`;

/** Registers the stream of many jobs. */
export function registerStream(app: App, { streams }: RouteContext): void {
  app.route({
    method: "GET",
    url: "/v1/stream",
    schema: {
      tags: ["metrics"],
      operationId: "stream",
      summary: "Follow many jobs over one WebSocket",
      description: DESCRIPTION,
      response: answers({ 101: ["The messages.", z.undefined()] }, [426, 429]),
    },
    preHandler: async ({ principal }) => streams.assertRoom(principal),
    handler: async (_request, reply) => {
      reply.header("upgrade", "websocket");
      throw new ProtocolError("upgrade_required", "this path takes WebSocket connections only");
    },
    wsHandler: (socket, request) => {
      const connection = createWebSocketConnection(socket, streams.bounds.pingMs);
      const messages = messagesOf(socket);
      void streams.serve(
        {
          services: request.services,
          principal: request.principal,
          project: request.project,
          connection,
          messages,
          requestId: request.id,
        },
        request.log,
      );
    },
  });
}
