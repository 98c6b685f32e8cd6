/** The training rows behind a prediction. */
import { askInfluence } from "../../app/models/influence.ts";
import { TrainyardError } from "../../domain/errors.ts";
import { influenceBody, MAX_RETRAININGS } from "../../domain/explanations/influence.ts";
import { readBodyAs } from "../connection/body.ts";
import { idempotentId } from "../connection/idempotency.ts";
import type { App, RouteContext } from "../context.ts";
import { answers } from "../openapi/openapi.ts";
import { modelParams } from "../openapi/parameters.ts";
import { jobAnswer } from "../openapi/response-schemas.ts";
import { representJob } from "../openapi/serializers.ts";

const BODY_BYTES = 256 * 1024;

/** Registers the route that asks for the training rows behind a prediction. */
export function registerInfluence(app: App, { lifecycle }: RouteContext): void {
  app.post(
    "/v1/models/:ref/influence",
    {
      bodyLimit: BODY_BYTES,
      config: { idempotency: { makes: "job" } },
      schema: {
        tags: ["models"],
        operationId: "askInfluence",
        summary: "Ask which rows made a prediction",
        description: `Queues a job that trains the model's network again with the same seed, once for each training row, which has weight 0 in that training, and reports how the predictions of \`instances\` change: exact leave-one-out. Each training is an epoch of the job, which can be followed, paused and cancelled like any other. The \`evaluation.influence\` of its model, which has the weights of the model in the path, lists the rows that raise and lower a prediction the most, and with \`actual\` those that help and harm it. At most ${MAX_RETRAININGS} rows are left out, fewer if trainings take long: \`rows\` chooses them. 409 for models whose training cannot be repeated: imported ones, averages of a search, and those whose job or data set was deleted.`,
        params: modelParams,
        body: influenceBody,
        response: answers({ 202: ["The job, queued.", jobAnswer] }, [400, 404, 409, 413, 415, 422, 503]),
      },
    },
    async (request, reply) => {
      if (lifecycle.phase !== "ready") throw new TrainyardError("unavailable", `the server is ${lifecycle.phase}`);
      const { services, params } = request;
      const view = await askInfluence(services, params.ref, await readBodyAs(request, "influence"), idempotentId(request));
      reply.log.info({ job_id: view.job.id, model: params.ref }, "influence submitted");
      reply.code(202).header("location", `/v1/jobs/${view.job.id}`);
      return representJob(view);
    },
  );
}
