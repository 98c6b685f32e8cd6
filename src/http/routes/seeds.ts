/** How much a score depends on its seed. */
import { askSeeds } from "../../app/models/seeds.ts";
import { TrainyardError } from "../../domain/errors.ts";
import { seedsBody } from "../../domain/explanations/seeds.ts";
import { parseBody } from "../connection/body.ts";
import { idempotentId } from "../connection/idempotency.ts";
import type { App, RouteContext } from "../context.ts";
import { answers } from "../openapi/openapi.ts";
import { modelParams } from "../openapi/parameters.ts";
import { jobAnswer } from "../openapi/response-schemas.ts";
import { representJob } from "../openapi/serializers.ts";

const BODY_BYTES = 4 * 1024;

/** Registers the route that asks how much a score depends on its seed. */
export function registerSeeds(app: App, { lifecycle }: RouteContext): void {
  app.post(
    "/v1/models/:ref/seeds",
    {
      bodyLimit: BODY_BYTES,
      config: { idempotency: { makes: "job" } },
      schema: {
        tags: ["models"],
        operationId: "askSeeds",
        summary: "Ask how much a score owes to its seed",
        description:
          "Queues a job that trains the model's network again on the same rows, once for each of a number of other seeds, and scores each on the rows that the model's job held out. Each training is an epoch of the job, which can be followed, paused and cancelled like any other. `evaluation.seeds` of its model, which has the weights of the model in the path, has the scores of every seed, their mean and spread, and the range of a new training on fresh rows. `GET /v1/models/{ref}/compare/scores` uses it. 409 for models whose training cannot be repeated: imported models, averages of a search, and models whose job or data set was deleted. 422 if no rows are held out, or beyond 1e12 multiply-adds.",
        params: modelParams,
        body: seedsBody,
        response: answers({ 202: ["The job, queued.", jobAnswer] }, [400, 404, 409, 413, 415, 422, 503]),
      },
    },
    async (request, reply) => {
      if (lifecycle.phase !== "ready") throw new TrainyardError("unavailable", `the server is ${lifecycle.phase}`);
      const { services, params, body } = request;
      const view = await askSeeds(services, params.ref, parseBody(seedsBody, body), idempotentId(request));
      reply.log.info({ job_id: view.job.id, model: params.ref }, "seeds submitted");
      reply.code(202).header("location", `/v1/jobs/${view.job.id}`);
      return representJob(view);
    },
  );
}
