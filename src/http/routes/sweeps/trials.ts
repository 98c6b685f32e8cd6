/** Trials of a sweep: list them as JSON or CSV, read one, compute the importance of parameters, and make a job of one. */
import { Readable } from "node:stream";
import { z } from "zod";
import { readImportance } from "../../../app/sweeps/importance.ts";
import { findTrial, promoteTrial } from "../../../app/sweeps/promote-trial.ts";
import { exportTrials, listTrials } from "../../../app/sweeps/trials.ts";
import { TrainyardError } from "../../../domain/errors.ts";
import { trial } from "../../../domain/sweeps/trial.ts";
import { CSV_TYPE } from "../../../formats/metrics/metrics-csv.ts";
import { idempotentId } from "../../connection/idempotency.ts";
import { whileConnected } from "../../connection/request-ending.ts";
import type { App, RouteContext } from "../../context.ts";
import { answers } from "../../openapi/openapi.ts";
import { submittedAnswer } from "../../openapi/response-schemas.ts";
import { representJob } from "../../openapi/serializers.ts";
import {
  importanceAnswer,
  representImportance,
  representTrials,
  sweepParams,
  trialParams,
  trialsAnswer,
  trialsQuery,
} from "../../openapi/sweep-schemas.ts";

const tags = ["sweeps"];

const CSV_EXAMPLE =
  "number,generation,state,value,/optimizer/lr,epochs,seconds,sha256,reason\r\n0,0,succeeded,0.31,0.05,200,0.004,9f2c1e0b,\r\n";

/** Registers the routes of trials. */
export function registerTrials(app: App, { lifecycle }: RouteContext): void {
  app.get(
    "/v1/sweeps/:id/trials",
    {
      schema: {
        tags,
        operationId: "listTrials",
        summary: "List the trials of a sweep",
        description:
          "Those that have a result. With `Accept: text/csv` all that match, a line each, with a column for each parameter; `limit` does not apply.",
        params: sweepParams,
        querystring: trialsQuery,
        response: answers(
          {
            200: [
              "A page of trials.",
              { "application/json": trialsAnswer, [CSV_TYPE]: z.string().meta({ examples: [CSV_EXAMPLE] }) },
            ],
          },
          [404, 422],
        ),
      },
    },
    async ({ params: { id }, query, headers, services }, reply) => {
      const { order_by, state, min_value, max_value, filter: conditions, after, limit, spreadsheet } = query;
      const filter = { orderBy: order_by, state, minValue: min_value, maxValue: max_value, conditions };
      if (!headers.accept?.includes(CSV_TYPE))
        return representTrials(await listTrials(services, id, { ...filter, after, limit }));
      const blocks = await exportTrials(services, id, { ...filter, after, spreadsheet: spreadsheet === "true" });
      reply.type(`${CSV_TYPE}; charset=utf-8`).header("content-disposition", `attachment; filename="${id}.csv"`);
      return Readable.from(blocks, { objectMode: false });
    },
  );

  app.get(
    "/v1/sweeps/:id/trials/:number",
    {
      schema: {
        tags,
        operationId: "readTrial",
        summary: "Read a trial",
        description: "Its parameters and results, with a downsampled curve.",
        params: trialParams,
        response: answers({ 200: ["The trial.", trial] }, [404, 422]),
      },
    },
    async ({ params: { id, number }, services }) => findTrial(services, id, number),
  );

  app.get(
    "/v1/sweeps/:id/importance",
    {
      schema: {
        tags,
        operationId: "readImportance",
        summary: "Read the importance of a sweep's parameters",
        description:
          "By the trials that have a result so far, with PED-ANOVA: how far the values of the best tenth of the trials differ in distribution from those of all. With halving, trials that came further are better, and the value decides at the same rung.",
        params: sweepParams,
        response: answers({ 200: ["The shares.", importanceAnswer] }, [404]),
      },
    },
    async (request, reply) => representImportance(await readImportance(whileConnected(request, reply), request.params.id)),
  );

  app.post(
    "/v1/sweeps/:id/trials/:number/promote",
    {
      config: { idempotency: { makes: "job" } },
      schema: {
        tags,
        operationId: "promoteTrial",
        summary: "Make a job of a trial",
        description:
          "Queues the job of the trial, whose model has the trial's SHA-256. With folds it is trained on all rows, without a split.",
        params: trialParams,
        response: answers({ 202: ["The job, queued.", submittedAnswer] }, [404, 409, 422, 503]),
      },
    },
    async (request, reply) => {
      if (lifecycle.phase !== "ready") throw new TrainyardError("unavailable", `the server is ${lifecycle.phase}`);
      const { id, number } = request.params;
      const { view } = await promoteTrial(request.services, id, number, idempotentId(request));
      reply.code(202).header("location", `/v1/jobs/${view.job.id}`);
      return representJob(view);
    },
  );
}
