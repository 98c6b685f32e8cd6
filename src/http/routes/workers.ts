/** The processes that share the work: their capacity and jobs, and the request to drain one. */
import { z } from "zod";
import { notFound } from "../../domain/errors.ts";
import { ROLES, type Worker } from "../../domain/operation/worker.ts";
import type { App, RouteContext } from "../context.ts";
import { answers } from "../openapi/openapi.ts";
import { workerParams } from "../openapi/parameters.ts";
import { isoTime } from "../openapi/serializers.ts";

const count = z.int().nonnegative();

const EXAMPLE = {
  id: "wkr_0197b2a4-6c3e-7d2f-9a51-3f0c5d7e8b90",
  name: "trainer-1",
  role: "work" as const,
  version: "0.1.0",
  slots: 4,
  memory_bytes: 12_000_000_000,
  jobs: [{ id: "job_0197b2a4-6c3e-7d2f-9a51-3f0c5d7e8b91", project: "default", attempt: 1, memory_bytes: 41_943_040 }],
  draining: false,
  started_at: "2026-03-01T09:00:00.000Z",
  heartbeat_at: "2026-03-01T09:30:00.000Z",
};

const workerAnswer = z
  .object({
    id: z.string(),
    name: z.string().meta({ description: "The name of its host, unless TRAINYARD_NODE_NAME is set." }),
    role: z.enum(ROLES),
    version: z.string(),
    slots: count.meta({ description: "Jobs that it trains at the same time; 0 when it only serves." }),
    memory_bytes: count.meta({ description: "Memory that these may need together." }),
    jobs: z
      .array(z.object({ id: z.string(), project: z.string(), attempt: count, memory_bytes: count }))
      .meta({ description: "What it trains, for all projects." }),
    draining: z.boolean().meta({ description: "Whether it takes no more jobs and hands its jobs over." }),
    started_at: z.iso.datetime(),
    heartbeat_at: z.iso.datetime(),
  })
  .meta({ id: "Worker", description: "A process that serves or trains.", examples: [EXAMPLE] });

const workersAnswer = z
  .object({ data: z.array(workerAnswer) })
  .meta({ id: "WorkerList", description: "Every process that was heard of lately, oldest first." });

/** Registers the routes about processes. */
export function registerWorkers(app: App, { workers }: RouteContext): void {
  app.get(
    "/v1/workers",
    {
      schema: {
        tags: ["service"],
        operationId: "listWorkers",
        summary: "List the processes that serve and train",
        description: "The capacity of each, what it runs, and the time of its last heartbeat.",
        response: answers({ 200: ["The processes.", workersAnswer] }),
      },
    },
    async () => ({ data: (await workers.list()).map(representWorker) }),
  );

  app.post(
    "/v1/workers/:id/drain",
    {
      schema: {
        tags: ["service"],
        operationId: "drainWorker",
        summary: "Have a process give its jobs away",
        description:
          "It takes no more jobs; its jobs write a checkpoint and continue elsewhere from there. A process that serves is no longer ready, and ends its streams; their readers continue at another process with their cursor. This lasts until the process ends: start a new one in its place.",
        params: workerParams,
        response: answers({ 202: ["It has been told.", workerAnswer] }, [404]),
      },
    },
    async ({ params: { id } }, reply) => {
      const worker = await workers.drain(id);
      if (!worker) throw notFound("worker", id);
      return reply.status(202).send(representWorker(worker));
    },
  );
}

function representWorker(worker: Worker): z.output<typeof workerAnswer> {
  return {
    id: worker.id,
    name: worker.name,
    role: worker.role,
    version: worker.version,
    slots: worker.slots,
    memory_bytes: worker.memoryBytes,
    jobs: worker.jobs.map(({ id, project, attempt, memoryBytes }) => ({ id, project, attempt, memory_bytes: memoryBytes })),
    draining: worker.isDraining,
    started_at: isoTime(worker.startedAt),
    heartbeat_at: isoTime(worker.heartbeatAt),
  };
}
