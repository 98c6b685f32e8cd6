/** Jobs: submit or validate, list, read, cancel, pause, resume, delete. */
import { z } from "zod";
import { cancel } from "../../app/jobs/cancel.ts";
import { listJobs, readJob } from "../../app/jobs/job-view.ts";
import { labelJob } from "../../app/jobs/label.ts";
import { pause } from "../../app/jobs/pause.ts";
import { remove } from "../../app/jobs/remove.ts";
import { resume } from "../../app/jobs/resume.ts";
import { showRows } from "../../app/jobs/show-rows.ts";
import { submit } from "../../app/jobs/submit.ts";
import { TrainyardError } from "../../domain/errors.ts";
import { LABEL_BYTES, labelsBody } from "../../domain/label-fields.ts";
import { jobSpec } from "../../domain/spec/spec.ts";
import { readBodyAs } from "../connection/body.ts";
import { idempotentId } from "../connection/idempotency.ts";
import { whileConnected } from "../connection/request-ending.ts";
import type { App, RouteContext } from "../context.ts";
import { answers } from "../openapi/openapi.ts";
import { jobParams, jobsQuery, rowsQuery, submitQuery } from "../openapi/parameters.ts";
import { jobAnswer, jobsAnswer, rowsAnswer, submissionAnswer } from "../openapi/response-schemas.ts";
import { representJob, representListedJob, representPage } from "../openapi/serializers.ts";

const tags = ["jobs"];

/** Registers the routes of jobs. */
export function registerJobs(app: App, context: RouteContext): void {
  registerSubmit(app, context);
  registerReading(app);
  registerChanges(app);
}

function registerSubmit(app: App, { lifecycle, limits }: RouteContext): void {
  app.post(
    "/v1/jobs",
    {
      bodyLimit: limits.bodyBytes,
      config: { idempotency: { makes: "job" } },
      schema: {
        tags,
        operationId: "submitJob",
        summary: "Submit a job",
        description:
          "Checks the spec and its rows, fills in every default, stores the job and queues it. With `validate_only=true` it returns the resolved spec and stores nothing.",
        querystring: submitQuery,
        body: jobSpec,
        response: answers(
          {
            200: ["`validate_only=true`: the spec is valid, and this is what it comes to.", submissionAnswer],
            202: ["The job, queued, with notes on its data.", submissionAnswer],
          },
          [400, 413, 415, 422, 503],
        ),
      },
    },
    async (request, reply) => {
      if (lifecycle.phase !== "ready") throw new TrainyardError("unavailable", `the server is ${lifecycle.phase}`);
      const body = (request.body ?? new Uint8Array()) as unknown as Uint8Array<ArrayBuffer>;
      const validateOnly = request.query.validate_only === "true";
      const services = validateOnly ? whileConnected(request, reply) : request.services;
      const result = await submit(services, body, { validateOnly, id: idempotentId(request) });
      if ("validated" in result) {
        const { spec, parameters, memoryBytes, rows, notes } = result.validated;
        return { valid: true, spec, parameters, memory_bytes: memoryBytes, rows, notes: [...notes] };
      }
      const { id, parameters } = result.view.job;
      reply.log.info({ job_id: id, parameters }, "job submitted");
      reply.code(202).header("location", `/v1/jobs/${id}`);
      return representJob(result.view);
    },
  );
}

function registerReading(app: App): void {
  app.get(
    "/v1/jobs",
    {
      schema: {
        tags,
        operationId: "listJobs",
        summary: "List jobs",
        description:
          "Newest first, or in the order of `order_by`. `filter` finds jobs by their tags, the options of their specs and their metrics.",
        querystring: jobsQuery,
        response: answers({ 200: ["A page of jobs.", jobsAnswer] }, [422]),
      },
    },
    async ({ query: { state, name, filter: conditions, order_by: order, after, limit }, services }) =>
      representPage(await listJobs(services, { state, name, conditions, order }, { after, limit }), representListedJob),
  );

  app.get(
    "/v1/jobs/:id",
    {
      schema: {
        tags,
        operationId: "readJob",
        summary: "Read a job",
        description: "Its resolved spec, state, progress, place in the queue, and results.",
        params: jobParams,
        response: answers({ 200: ["The job.", jobAnswer] }, [404]),
      },
    },
    async ({ params, services }) => representJob(await readJob(services, params.id)),
  );

  app.get(
    "/v1/jobs/:id/data",
    {
      schema: {
        tags,
        operationId: "readJobRows",
        summary: "Read some rows of a job's data",
        description: "The rows that the job uses, in their own units, and the part that each belongs to: enough for a plot.",
        params: jobParams,
        querystring: rowsQuery,
        response: answers({ 200: ["Rows, as columns.", rowsAnswer] }, [404, 409, 422]),
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { limit, rows } = request.query;
      return { job: id, ...(await showRows(whileConnected(request, reply), id, rows ? { numbers: rows } : { limit })) };
    },
  );
}

function registerChanges(app: App): void {
  app.patch(
    "/v1/jobs/:id",
    {
      bodyLimit: LABEL_BYTES,
      schema: {
        tags,
        operationId: "labelJob",
        summary: "Change a job's tags and note",
        description:
          "Sets the tags that you name, removes those that are null, and leaves the others; a note that is left out stays. Allowed in any state of the job, because training does not depend on them.",
        params: jobParams,
        body: labelsBody,
        response: answers({ 200: ["The job.", jobAnswer] }, [400, 404, 413, 415, 422]),
      },
    },
    async (request) => representJob(await labelJob(request.services, request.params.id, await readBodyAs(request, "labels"))),
  );

  app.post(
    "/v1/jobs/:id/cancel",
    {
      schema: {
        tags,
        operationId: "cancelJob",
        summary: "Cancel a job",
        description:
          "A queued or paused job is cancelled at once. A running job is `cancelling`, and `cancelled` within half a second; its metrics stay.",
        params: jobParams,
        response: answers({ 200: ["The job, `cancelled` or `cancelling`.", jobAnswer] }, [404, 409]),
      },
    },
    async ({ params, services }) => representJob(await cancel(services, params.id)),
  );

  app.post(
    "/v1/jobs/:id/pause",
    {
      schema: {
        tags,
        operationId: "pauseJob",
        summary: "Pause a job",
        description:
          "A queued job is `paused` at once. A running job is `pausing`, writes a checkpoint, and is then `paused`: its worker is free for other jobs.",
        params: jobParams,
        response: answers({ 200: ["The job, `paused` or `pausing`.", jobAnswer] }, [404, 409]),
      },
    },
    async ({ params, services }) => representJob(await pause(services, params.id)),
  );

  app.post(
    "/v1/jobs/:id/resume",
    {
      schema: {
        tags,
        operationId: "resumeJob",
        summary: "Resume a paused job",
        description:
          "It is queued, and continues from its last checkpoint when its turn comes. It ends with the same weights as if it had never been paused.",
        params: jobParams,
        response: answers({ 200: ["The job, `queued`.", jobAnswer] }, [404, 409]),
      },
    },
    async ({ params, services }) => representJob(await resume(services, params.id)),
  );

  app.delete(
    "/v1/jobs/:id",
    {
      schema: {
        tags,
        operationId: "deleteJob",
        summary: "Delete a job",
        description: "Deletes the job with its rows, metrics and events. It must be in a terminal state. Its model stays.",
        params: jobParams,
        response: answers({ 204: ["It is gone.", z.undefined()] }, [404, 409]),
      },
    },
    async ({ params, services }, reply) => {
      await remove(services, params.id);
      reply.code(204);
    },
  );
}
