/** Schedules: tables that are fetched repeatedly, and the models trained on them. */
import { z } from "zod";
import {
  changeSchedule,
  createSchedule,
  deleteSchedule,
  listScheduleRuns,
  listSchedules,
  readSchedule,
  runSchedule,
  type ScheduleView,
} from "../../app/schedules/change-schedules.ts";
import { TrainyardError } from "../../domain/errors.ts";
import { representRun, runAnswer, scheduleAnswer, scheduleBody, scheduleChanges } from "../../domain/schedules/schedule.ts";
import { hostOf, showSource } from "../../domain/sources/source.ts";
import { readBodyAs } from "../connection/body.ts";
import { idempotentId } from "../connection/idempotency.ts";
import type { App, RouteContext } from "../context.ts";
import { answers } from "../openapi/openapi.ts";
import { scheduleParams, scheduleRunsQuery, schedulesQuery } from "../openapi/parameters.ts";
import { representPage } from "../openapi/serializers.ts";

const tags = ["schedules"];
/** A job without rows, and reading options with a type for each column. */
const BODY_BYTES = 1024 * 1024;

const pageOf = <T extends z.ZodType>(item: T, id: string) =>
  z.object({ data: z.array(item), has_more: z.boolean(), next_after: z.string().nullable() }).meta({ id });
const schedulesAnswer = pageOf(scheduleAnswer, "SchedulePage");
const runsAnswer = pageOf(runAnswer, "ScheduleRunPage");

function represent({ schedule, lastRun }: ScheduleView): z.output<typeof scheduleAnswer> {
  const { id, document, paused, nextAt, createdAt } = schedule;
  // A schedule older than `keep` has none.
  const { source, format, reading, keep = null, ...rest } = document;
  return {
    ...{ id, ...rest, source: showSource(source), format: format ?? null, reading: reading ?? null, keep, paused },
    next_at: nextAt === null ? null : new Date(nextAt).toISOString(),
    last_run: lastRun && representRun(lastRun),
    created_at: new Date(createdAt).toISOString(),
  };
}

/** Registers the routes of schedules. */
export function registerSchedules(app: App, context: RouteContext): void {
  registerChanges(app, context);
  registerRuns(app, context);
}

function registerChanges(app: App, { lifecycle }: RouteContext): void {
  app.post(
    "/v1/schedules",
    {
      bodyLimit: BODY_BYTES,
      config: { idempotency: { makes: "schedule" } },
      schema: {
        tags,
        operationId: "createSchedule",
        summary: "Make a schedule",
        description:
          "At each of its times, the schedule fetches the table from its source. If the table differs from that of the last model, a job trains on it. With `promote`, the alias moves to the new version if that is better on held-out rows of the new table, without those that trained the old one. One run makes up for all times that were missed while no server ran; a time during the previous run is skipped. What can be checked about the job without the table is checked now; `POST .../run` tries the rest.",
        body: scheduleBody,
        response: answers({ 201: ["The schedule.", scheduleAnswer] }, [400, 409, 413, 415, 422, 503]),
      },
    },
    async (request, reply) => {
      if (lifecycle.phase !== "ready") throw new TrainyardError("unavailable", `the server is ${lifecycle.phase}`);
      const body: z.output<typeof scheduleBody> = await readBodyAs(request, "schedule");
      const view = await createSchedule(request.services, body, idempotentId(request));
      const { id } = view.schedule;
      request.log.info({ schedule_id: id, cron: body.cron, host: hostOf(body.source) }, "schedule made");
      reply.code(201).header("location", `/v1/schedules/${id}`);
      return represent(view);
    },
  );

  app.get(
    "/v1/schedules",
    {
      schema: {
        tags,
        operationId: "listSchedules",
        summary: "List schedules",
        description: "Newest first, each with its last run.",
        querystring: schedulesQuery,
        response: answers({ 200: ["A page of schedules.", schedulesAnswer] }, [422]),
      },
    },
    async ({ query, services }) => representPage(await listSchedules(services, query), represent),
  );

  app.get(
    "/v1/schedules/:id",
    {
      schema: {
        tags,
        operationId: "readSchedule",
        summary: "Read a schedule",
        description: "Its source is shown without keys, passwords and query strings.",
        params: scheduleParams,
        response: answers({ 200: ["The schedule.", scheduleAnswer] }, [404]),
      },
    },
    async ({ params, services }) => represent(await readSchedule(services, params.id)),
  );

  app.patch(
    "/v1/schedules/:id",
    {
      bodyLimit: BODY_BYTES,
      schema: {
        tags,
        operationId: "changeSchedule",
        summary: "Change a schedule",
        description:
          "Each field that you send replaces the old value completely, so send a `source` with its keys. The one exception is the password of a PostgreSQL address: it stays if you send the address as it is shown. After a change of source, job or reading, the next run trains, whatever it fetches. `paused` pauses or resumes the schedule.",
        params: scheduleParams,
        body: scheduleChanges,
        response: answers({ 200: ["The schedule.", scheduleAnswer] }, [400, 404, 413, 415, 422]),
      },
    },
    async (request) =>
      represent(await changeSchedule(request.services, request.params.id, await readBodyAs(request, "scheduleChanges"))),
  );

  app.delete(
    "/v1/schedules/:id",
    {
      schema: {
        tags,
        operationId: "deleteSchedule",
        summary: "Delete a schedule",
        description: "With its runs, and the keys of its source. Data sets, jobs and models stay; a queued job continues.",
        params: scheduleParams,
        response: answers({ 204: ["It is gone.", z.undefined()] }, [404]),
      },
    },
    async ({ params, services }, reply) => {
      await deleteSchedule(services, params.id);
      reply.code(204);
    },
  );
}

function registerRuns(app: App, { lifecycle }: RouteContext): void {
  app.post(
    "/v1/schedules/:id/run",
    {
      config: { idempotency: { makes: "scheduleRun" } },
      schema: {
        tags,
        operationId: "runSchedule",
        summary: "Run a schedule now",
        description: "In addition to its times, and also while it is paused. Only one run of a schedule is active at a time.",
        params: scheduleParams,
        response: answers({ 202: ["The run, which goes on by itself.", runAnswer] }, [404, 409, 503]),
      },
    },
    async (request, reply) => {
      if (lifecycle.phase !== "ready") throw new TrainyardError("unavailable", `the server is ${lifecycle.phase}`);
      const run = await runSchedule(request.services, request.params.id, idempotentId(request));
      reply.code(202).header("location", `/v1/schedules/${run.scheduleId}/runs`);
      return representRun(run);
    },
  );

  app.get(
    "/v1/schedules/:id/runs",
    {
      schema: {
        tags,
        operationId: "listScheduleRuns",
        summary: "List the runs of a schedule",
        description: "Newest first; the last thousand are kept.",
        params: scheduleParams,
        querystring: scheduleRunsQuery,
        response: answers({ 200: ["A page of runs.", runsAnswer] }, [404, 422]),
      },
    },
    async ({ params, query, services }) => representPage(await listScheduleRuns(services, params.id, query), representRun),
  );
}
