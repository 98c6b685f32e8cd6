/** Forgetting rows: the plan, the run, its progress, and its end. */
import type { z } from "zod";
import { cancelForget, listForgets, readForget } from "../../../app/forget/read-forgets.ts";
import { planForget, startForget } from "../../../app/forget/start-forget.ts";
import { TrainyardError } from "../../../domain/errors.ts";
import { forgetBody } from "../../../domain/forget/forget-request.ts";
import { readBodyAs } from "../../connection/body.ts";
import { idempotentId } from "../../connection/idempotency.ts";
import type { App, RouteContext } from "../../context.ts";
import { forgetAnswer, forgetSubmission, forgetsAnswer, representForget, representPlan } from "../../openapi/forget-schemas.ts";
import { answers } from "../../openapi/openapi.ts";
import { datasetParams, forgetParams, forgetsQuery, validateQuery } from "../../openapi/parameters.ts";
import { representPage } from "../../openapi/serializers.ts";

const tags = ["datasets"];
/** A thousand keys of a thousand bytes, or ten thousand positions. */
const BODY_BYTES = 1024 * 1024;

/** Registers the routes for forgetting rows. */
export function registerForgets(app: App, context: RouteContext): void {
  registerStart(app, context);
  registerReading(app);
}

function registerStart(app: App, { lifecycle }: RouteContext): void {
  app.post(
    "/v1/datasets/:id/forget",
    {
      bodyLimit: BODY_BYTES,
      config: { idempotency: { makes: "forget" } },
      schema: {
        tags,
        operationId: "forgetRows",
        summary: "Forget rows",
        description:
          "Trains every model that saw the rows again without them, by the same spec and seed, moves its aliases, and then erases the rows: in data sets, jobs, checkpoints, models, evaluations and sweeps. The new models have the bits of models whose data set was uploaded without the rows. The data set without them has a new id. With `validate_only=true` the answer lists the rows, data sets, jobs and models that are affected, and nothing changes.",
        params: datasetParams,
        querystring: validateQuery,
        body: forgetBody,
        response: answers(
          {
            200: ["`validate_only=true`: what would be trained again and erased.", forgetSubmission],
            202: ["The run, which goes on by itself.", forgetSubmission],
          },
          [400, 404, 409, 413, 415, 422, 503],
        ),
      },
    },
    async (request, reply) => {
      if (lifecycle.phase !== "ready") throw new TrainyardError("unavailable", `the server is ${lifecycle.phase}`);
      const { services, params, query } = request;
      const body: z.output<typeof forgetBody> = await readBodyAs(request, "forget");
      if (query.validate_only === "true") return representPlan(await planForget(services, params.id, body));
      const run = await startForget(services, params.id, body, idempotentId(request));
      reply.log.info({ forget_id: run.id, dataset_id: params.id, rows: run.document.rows.length }, "rows are to be forgotten");
      reply.code(202).header("location", `/v1/forgets/${run.id}`);
      return representForget(run);
    },
  );
}

function registerReading(app: App): void {
  app.get(
    "/v1/forgets",
    {
      schema: {
        tags,
        operationId: "listForgets",
        summary: "List runs that forget rows",
        description: "Newest first.",
        querystring: forgetsQuery,
        response: answers({ 200: ["A page of runs.", forgetsAnswer] }, [422]),
      },
    },
    async ({ query, services }) => representPage(await listForgets(services, query), representForget),
  );

  app.get(
    "/v1/forgets/:id",
    {
      schema: {
        tags,
        operationId: "readForget",
        summary: "Read a run that forgets rows",
        description: "Its progress, and at the end the receipt, which contains no cell and no hash of what was erased.",
        params: forgetParams,
        response: answers({ 200: ["The run.", forgetAnswer] }, [404]),
      },
    },
    async ({ params, services }) => representForget(await readForget(services, params.id)),
  );

  app.post(
    "/v1/forgets/:id/cancel",
    {
      schema: {
        tags,
        operationId: "cancelForget",
        summary: "Cancel a run that forgets rows",
        description:
          "Possible until it begins to erase. Its jobs that have not ended are cancelled; the data sets and models that it has made stay, and so do the old ones.",
        params: forgetParams,
        response: answers({ 200: ["The run, cancelled.", forgetAnswer] }, [404, 409]),
      },
    },
    async ({ params, services }) => representForget(await cancelForget(services, params.id)),
  );
}
