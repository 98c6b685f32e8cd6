/** Sweeps: submit or validate, list, read, cancel, pause, resume, delete. */
import { z } from "zod";
import { cancelSweep, labelSweep, pauseSweep, removeSweep, resumeSweep } from "../../../app/sweeps/change-sweep.ts";
import { submitSweep } from "../../../app/sweeps/submit-sweep.ts";
import { findSweep, listSweeps } from "../../../app/sweeps/sweep-view.ts";
import { TrainyardError } from "../../../domain/errors.ts";
import { LABEL_BYTES, labelsBody } from "../../../domain/label-fields.ts";
import { sweepSpec } from "../../../domain/sweeps/sweep-spec.ts";
import { readBodyAs } from "../../connection/body.ts";
import { idempotentId } from "../../connection/idempotency.ts";
import { whileConnected } from "../../connection/request-ending.ts";
import type { App, RouteContext } from "../../context.ts";
import { answers } from "../../openapi/openapi.ts";
import { submitQuery } from "../../openapi/parameters.ts";
import { representPage } from "../../openapi/serializers.ts";
import {
  representSweep,
  sweepAnswer,
  sweepParams,
  sweepSubmissionAnswer,
  sweepsAnswer,
  sweepsQuery,
} from "../../openapi/sweep-schemas.ts";

const tags = ["sweeps"];

/** Registers the routes of sweeps. */
export function registerSweeps(app: App, context: RouteContext): void {
  registerSubmit(app, context);
  registerReading(app);
  registerChanges(app);
}

function registerSubmit(app: App, { lifecycle, limits }: RouteContext): void {
  app.post(
    "/v1/sweeps",
    {
      bodyLimit: limits.bodyBytes,
      config: { idempotency: { makes: "sweep" } },
      schema: {
        tags,
        operationId: "submitSweep",
        summary: "Submit a sweep",
        description:
          "Checks the job spec, its rows and every parameter, stores the sweep and queues it. With `validate_only=true` it returns the resolved spec and stores nothing.",
        querystring: submitQuery,
        body: sweepSpec,
        response: answers(
          {
            200: ["`validate_only=true`: the spec is valid, and this is what it comes to.", sweepSubmissionAnswer],
            202: ["The sweep, queued, with notes on its data.", sweepSubmissionAnswer],
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
      const result = await submitSweep(services, body, { validateOnly, id: idempotentId(request) });
      if ("validated" in result) {
        const { spec, memoryBytes, rows, notes } = result.validated;
        return { valid: true, spec, memory_bytes: memoryBytes, rows, notes: [...notes] };
      }
      const { id, spec } = result.sweep;
      reply.log.info({ sweep_id: id, trials: spec.trials }, "sweep submitted");
      reply.code(202).header("location", `/v1/sweeps/${id}`);
      return { ...representSweep(result.sweep), notes: [...result.notes] };
    },
  );
}

function registerReading(app: App): void {
  app.get(
    "/v1/sweeps",
    {
      schema: {
        tags,
        operationId: "listSweeps",
        summary: "List sweeps",
        description: "Newest first.",
        querystring: sweepsQuery,
        response: answers({ 200: ["A page of sweeps.", sweepsAnswer] }, [422]),
      },
    },
    async ({ query: { state, name, after, limit }, services }) =>
      representPage(await listSweeps(services, { state, name }, { after, limit }), representSweep),
  );

  app.get(
    "/v1/sweeps/:id",
    {
      schema: {
        tags,
        operationId: "readSweep",
        summary: "Read a sweep",
        description: "Its resolved spec, state and progress, and the best trial so far.",
        params: sweepParams,
        response: answers({ 200: ["The sweep.", sweepAnswer] }, [404]),
      },
    },
    async ({ params, services }) => representSweep(await findSweep(services, params.id)),
  );
}

function registerChanges(app: App): void {
  app.patch(
    "/v1/sweeps/:id",
    {
      bodyLimit: LABEL_BYTES,
      schema: {
        tags,
        operationId: "labelSweep",
        summary: "Change a sweep's tags and note",
        description:
          "Sets the tags that you name, removes those that are null, and leaves the others; a note that is left out stays. Jobs of its trials have their own.",
        params: sweepParams,
        body: labelsBody,
        response: answers({ 200: ["The sweep.", sweepAnswer] }, [400, 404, 413, 415, 422]),
      },
    },
    async (request) =>
      representSweep(await labelSweep(request.services, request.params.id, await readBodyAs(request, "labels"))),
  );

  app.post(
    "/v1/sweeps/:id/cancel",
    {
      schema: {
        tags,
        operationId: "cancelSweep",
        summary: "Cancel a sweep",
        description: "Running trials end without a result. Finished trials stay, and can be promoted.",
        params: sweepParams,
        response: answers({ 200: ["The sweep, `cancelled`.", sweepAnswer] }, [404, 409]),
      },
    },
    async ({ params, services }) => representSweep(await cancelSweep(services, params.id)),
  );

  app.post(
    "/v1/sweeps/:id/pause",
    {
      schema: {
        tags,
        operationId: "pauseSweep",
        summary: "Pause a sweep",
        description:
          "Its threads are free for other work. Running trials start again when it resumes, and end with the same bits.",
        params: sweepParams,
        response: answers({ 200: ["The sweep, `paused`.", sweepAnswer] }, [404, 409]),
      },
    },
    async ({ params, services }) => representSweep(await pauseSweep(services, params.id)),
  );

  app.post(
    "/v1/sweeps/:id/resume",
    {
      schema: {
        tags,
        operationId: "resumeSweep",
        summary: "Resume a paused sweep",
        description:
          "It continues at its first trial without a result, and ends with the same winner as if it had never been paused.",
        params: sweepParams,
        response: answers({ 200: ["The sweep, `queued`.", sweepAnswer] }, [404, 409]),
      },
    },
    async ({ params, services }) => representSweep(await resumeSweep(services, params.id)),
  );

  app.delete(
    "/v1/sweeps/:id",
    {
      schema: {
        tags,
        operationId: "deleteSweep",
        summary: "Delete a sweep",
        description: "Deletes the sweep with its trials and events. It must have ended. Jobs and models of its trials stay.",
        params: sweepParams,
        response: answers({ 204: ["It is gone.", z.undefined()] }, [404, 409]),
      },
    },
    async ({ params, services }, reply) => {
      await removeSweep(services, params.id);
      reply.code(204);
    },
  );
}
